"""Letters whose time is over: jobs of the schedule lane."""

from collections import Counter
from datetime import timedelta
from typing import Any

from django.db import connection, transaction

from apps.mail.models import Letter, LetterCount

KEPT_FOR = timedelta(days=30)
BATCH = 500

# One that a worker has in hand is left to it.
_EXPIRE = """
    UPDATE mail_letter SET status = 'expired', text = '', html = '', headers = '{}', lease_until = NULL,
        settled_at = statement_timestamp()
    WHERE id IN (
        SELECT id FROM mail_letter
        WHERE status = 'pending' AND expires_at <= statement_timestamp()
          AND (lease_until IS NULL OR lease_until <= statement_timestamp())
        ORDER BY expires_at LIMIT %s
        FOR UPDATE SKIP LOCKED
    )
"""
_PRUNE = """
    DELETE FROM mail_letter WHERE id IN (
        SELECT id FROM mail_letter WHERE settled_at < statement_timestamp() - %(age)s
        ORDER BY settled_at LIMIT %(batch)s
        FOR UPDATE SKIP LOCKED
    )
"""


@transaction.atomic
def expire() -> int:
    """At most one batch of those that can no longer be sent. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(_EXPIRE, [BATCH])
        expired = int(cursor.rowcount)
    LetterCount.objects.add(Counter({Letter.Status.EXPIRED.value: expired} if expired else {}))
    return expired


def prune() -> int:
    """At most one batch of those settled long ago. Returns how many went."""
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"age": KEPT_FOR, "batch": BATCH}
        cursor.execute(_PRUNE, values)
        return int(cursor.rowcount)
