"""Noticing that a source has gone quiet: a job of the schedule lane.

A course service sends in bursts, sleeps at night and over the weekend, so an average says nothing. Its usual gap is the third longest
pause between two deliveries in its last 28 days: longer than its nights and its weekends are not, unmoved by one or two outages. It is
learned only from at least 10 deliveries over at least 21 days, which hold three weekends; until then there is no alarm.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import connection

from apps.webhooks.models import Source
from apps.webhooks.models.source import LEAST, PATIENCE

WINDOW = timedelta(days=28)
LEAST_SPAN = timedelta(days=21)
LEAST_DELIVERIES = 10
LEARN_EVERY = timedelta(hours=1)

logger = structlog.get_logger(__name__)

_HEAR = """
    UPDATE webhooks_source AS source SET heard_at = newest.received_at
    FROM unnest(%(names)s::text[]) AS asked (name)
    CROSS JOIN LATERAL (
        SELECT max(received_at) AS received_at FROM webhooks_delivery AS delivery WHERE delivery.source = asked.name
    ) AS newest
    WHERE source.name = asked.name AND newest.received_at > coalesce(source.heard_at, '-infinity')
"""

# The window ends with the last delivery, so that nothing is forgotten however long a silence lasts.
_LEARN = """
    WITH due AS (
        SELECT name, heard_at FROM webhooks_source
        WHERE name = ANY(%(names)s) AND heard_at IS NOT NULL
        AND coalesce(learned_at, '-infinity') < statement_timestamp() - %(learn_every)s
        FOR UPDATE SKIP LOCKED
    ), pauses AS (
        SELECT due.name, delivery.received_at,
            delivery.received_at - lag(delivery.received_at) OVER (PARTITION BY due.name ORDER BY delivery.received_at) AS pause
        FROM due
        JOIN webhooks_delivery AS delivery
            ON delivery.source = due.name AND delivery.received_at BETWEEN due.heard_at - %(window)s AND due.heard_at
    ), placed AS (
        SELECT *, row_number() OVER (PARTITION BY name ORDER BY pause DESC NULLS LAST) AS place FROM pauses
    ), learned AS (
        SELECT name, count(*) AS number, max(received_at) - min(received_at) AS span, max(pause) FILTER (WHERE place = 3) AS third
        FROM placed GROUP BY name
    )
    UPDATE webhooks_source AS source SET
        learned_at = statement_timestamp(),
        usual_gap = CASE WHEN number >= %(least_deliveries)s AND span >= %(least_span)s THEN third END
    FROM learned WHERE learned.name = source.name
"""

_BEGIN = """
    UPDATE webhooks_source SET quiet_since = statement_timestamp()
    WHERE quiet_since IS NULL AND name = ANY(%(names)s) AND usual_gap IS NOT NULL
    AND heard_at + greatest(%(least)s, %(patience)s * usual_gap) < statement_timestamp()
    RETURNING name, heard_at, usual_gap
"""
_END = """
    UPDATE webhooks_source SET quiet_since = NULL
    WHERE quiet_since IS NOT NULL
    AND (
        NOT name = ANY(%(names)s) OR usual_gap IS NULL
        OR heard_at + greatest(%(least)s, %(patience)s * usual_gap) >= statement_timestamp()
    )
    RETURNING name, heard_at, usual_gap
"""


def watch() -> int:
    """One line in the log when an alarm begins and one when it ends, by whichever worker finds it first. Never more to do at once: 0."""
    names = list(settings.WEBHOOK_SECRETS)
    Source.objects.ensure(names)
    values: dict[str, Any] = {
        "names": names,
        "learn_every": LEARN_EVERY,
        "window": WINDOW,
        "least_span": LEAST_SPAN,
        "least_deliveries": LEAST_DELIVERIES,
        "least": LEAST,
        "patience": PATIENCE,
    }
    with connection.cursor() as cursor:
        cursor.execute(_HEAR, values)
        cursor.execute(_LEARN, values)
        cursor.execute(_BEGIN, values)
        _tell("source_quiet", cursor.fetchall())
        cursor.execute(_END, values)
        _tell("source_heard_again", cursor.fetchall())
    return 0


def _tell(event: str, sources: Sequence[tuple[Any, ...]]) -> None:
    for name, heard_at, usual_gap in sources:
        logger.warning(
            event,
            source=name,
            heard_at=heard_at.isoformat(),
            usual_gap_seconds=usual_gap and usual_gap.total_seconds(),
        )
