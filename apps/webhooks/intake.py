"""Storing a delivery: one statement, one commit, and only then an answer. Only one that we hold already takes a second statement."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Never, cast
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, OperationalError, connections

from apps.core.patience import patience
from apps.core.postgresql.base import DatabaseWrapper
from apps.webhooks.models import Conflict, Delivery

# A sender hears within twice this and the time to connect that nobody answers: a check of the connection, then a new one.
PATIENCE_SECONDS = 2.0
Verdict = Literal["new", "duplicate", "conflict"]

# ON CONFLICT DO NOTHING does not wait for a worker that holds the row, and leaves no dead rows behind under a flood of duplicates.
_STORE = """
INSERT INTO webhooks_delivery (public_id, source, webhook_id, sent_at, type, body, status, silenced, error, attempts, result)
VALUES (gen_random_uuid(), %(source)s, %(webhook_id)s, %(sent_at)s, %(type)s, %(body)b, %(status)s,
    %(silenced)s OR EXISTS (SELECT FROM webhooks_source WHERE name = %(source)s::varchar AND silenced), %(error)s, 0, '{}')
ON CONFLICT (source, webhook_id) DO NOTHING
RETURNING id, public_id, status, 'new'
"""
# A statement of its own, as only that sees what a parallel request stored after the first one began.
_KEPT = """
SELECT id, public_id, status, CASE WHEN body = %(body)b THEN 'duplicate' ELSE 'conflict' END
FROM webhooks_delivery WHERE source = %(source)s AND webhook_id = %(webhook_id)s
"""


@dataclass(frozen=True, slots=True)
class Receipt:
    """`status` is that of the delivery kept, which for anything but a new one is the first of its id."""

    delivery: UUID
    status: Delivery.Status
    verdict: Verdict


def store(
    *,
    source: str,
    webhook_id: str,
    sent_at: datetime,
    type: str,
    body: bytes,
    status: Delivery.Status,
    error: str = "",
    silenced: bool = False,
) -> Receipt:
    """In autocommit: when this returns, the delivery is durable. It is silenced when told so, or when its source is."""
    row = {
        "source": source,
        "webhook_id": webhook_id,
        "sent_at": sent_at,
        "type": type,
        "body": body,
        "status": status.value,
        "error": error,
        "silenced": silenced,
    }
    id, public_id, kept_status, verdict = _first(_STORE, row) or _first(_KEPT, row) or _lost(webhook_id)
    if verdict == "conflict":
        Conflict.objects.create(delivery_id=id, body_sha256=hashlib.sha256(body).hexdigest())
    return Receipt(public_id, Delivery.Status(kept_status), verdict)


def _first(statement: str, row: Mapping[str, Any]) -> tuple[int, UUID, str, Verdict] | None:
    # Not by ask_prepared(), which has Django log the statement where statements are logged: bodies are of no use there, and megabytes.
    database = cast("DatabaseWrapper", connections[DEFAULT_DB_ALIAS])
    with patience(PATIENCE_SECONDS), database.wrap_database_errors:
        found: tuple[int, UUID, str, Verdict] | None = (
            database.kept_cursor().execute(statement, row, prepare=True).fetchone()
        )
    return found


def _lost(webhook_id: str) -> Never:
    raise OperationalError(f"delivery {webhook_id} was removed while it was sent again")
