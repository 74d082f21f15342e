"""Old deliveries make room: a job of the schedule lane.

Only those go whose story is over, processed or ignored. The rest is kept, however old: what waits, and what staff have to look at or have
set aside. Should an id come again after its delivery is gone, it is a new delivery, and the guards of the documents make it change nothing.
The ledger keeps the public id of the delivery.
"""

from typing import Any

from django.conf import settings
from django.db import connection

BATCH = 500

# One statement, so that a delivery never goes without its conflicts. What a worker or a replay holds at the moment is left for later.
_PRUNE = """
    WITH old AS (
        SELECT id FROM webhooks_delivery
        WHERE status IN ('processed', 'ignored') AND coalesce(processed_at, received_at) < statement_timestamp() - %(age)s
        ORDER BY coalesce(processed_at, received_at)
        LIMIT %(batch)s
        FOR UPDATE SKIP LOCKED
    ), conflicts AS (
        DELETE FROM webhooks_conflict WHERE delivery_id IN (SELECT id FROM old)
    )
    DELETE FROM webhooks_delivery WHERE id IN (SELECT id FROM old)
"""


def prune() -> int:
    """At most one batch. Returns how many went."""
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"age": settings.DELIVERY_RETENTION, "batch": BATCH}
        cursor.execute(_PRUNE, values)
        return int(cursor.rowcount)
