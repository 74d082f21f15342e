"""Storing a delivery: one statement, one commit, and only then an answer."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Never
from uuid import UUID

import psycopg
from django.db import OperationalError, connection

from apps.core.patience import patience
from apps.webhooks.models import Conflict, Delivery

# A sender hears within twice this and the time to connect that nobody answers: a check of the connection, then a new one.
PATIENCE_SECONDS = 2.0
Verdict = Literal["new", "duplicate", "conflict"]

# ON CONFLICT DO NOTHING does not wait for a worker that holds the row, and leaves no dead rows behind under a flood of duplicates.
_STORE = """
WITH stored AS (
    INSERT INTO webhooks_delivery (public_id, source, webhook_id, sent_at, type, body, status, silenced, error, attempts, result)
    VALUES (gen_random_uuid(), %(source)s, %(webhook_id)s, %(sent_at)s, %(type)s, %(body)b, %(status)s,
        %(silenced)s OR EXISTS (SELECT FROM webhooks_source WHERE name = %(source)s::varchar AND silenced), %(error)s, 0, '{}')
    ON CONFLICT (source, webhook_id) DO NOTHING
    RETURNING id, public_id, status
)
SELECT id, public_id, status, 'new' FROM stored
UNION ALL
SELECT id, public_id, status, CASE WHEN body = %(body)b THEN 'duplicate' ELSE 'conflict' END
FROM webhooks_delivery WHERE source = %(source)s AND webhook_id = %(webhook_id)s
LIMIT 1
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
    id, public_id, kept_status, verdict = _execute(row) or _execute(row) or _lost(webhook_id)
    if verdict == "conflict":
        Conflict.objects.create(delivery_id=id, body_sha256=hashlib.sha256(body).hexdigest())
    return Receipt(public_id, Delivery.Status(kept_status), verdict)


def _execute(row: Mapping[str, Any]) -> tuple[int, UUID, str, Verdict] | None:
    """None when a parallel request stored the id after this statement began: the next statement sees it."""
    with patience(PATIENCE_SECONDS):
        connection.close_if_health_check_failed()
        connection.ensure_connection()
        # Django's own cursors write parameters into the statement's text, bodies in hexadecimal; this one sends them beside it.
        with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
            found: tuple[int, UUID, str, Verdict] | None = cursor.execute(
                _STORE, row, prepare=True
            ).fetchone()
    return found


def _lost(webhook_id: str) -> Never:
    raise OperationalError(f"delivery {webhook_id} was removed while it was sent again")
