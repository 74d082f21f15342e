"""What Prometheus learns of the webhooks: counted where requests are answered, or asked of the database.

The worker, which applies deliveries, answers no requests: what it did is read from the deliveries. docs/metrics.md tells of each metric.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from prometheus_client import Counter
from prometheus_client.core import GaugeMetricFamily, Metric

from apps.webhooks.intake import Verdict
from apps.webhooks.models import Delivery, Source

WAITING = ("pending", "dead", "held", "quarantined")
# Answers to what is refused before its body is read.
UNACCEPTABLE = {405: "method", 411: "length", 413: "size", 415: "media_type"}
QUANTILES = (0.5, 0.95, 1.0)

_deliveries = Counter(
    "campanile_webhook_deliveries", "Authentic deliveries, by what we made of them.", ["source", "verdict"]
)
_refusals = Counter(
    "campanile_webhook_refused", "Requests that left no row, by the reason.", ["source", "reason"]
)


@cache
def _count(source: str, verdict: str) -> Callable[[], None]:
    """A handful of combinations of sources we know, looked up once each."""
    return _deliveries.labels(source, verdict).inc


def count_delivery(*, source: str, verdict: Verdict, status: Delivery.Status) -> None:
    """`status` counts for new deliveries only: accepted, ignored or quarantined."""
    new = "accepted" if status == Delivery.Status.PENDING else status.value
    _count(source, new if verdict == "new" else verdict)()


def count_refusal(*, source: str, reason: str) -> None:
    """Anybody may name any source, so those we do not know are counted as one."""
    if source not in settings.WEBHOOK_SECRETS:
        source, reason = "unknown", "source" if reason == "signature" else reason
    _refusals.labels(source, reason).inc()


@contextmanager
def outages_counted(*, source: str) -> Iterator[None]:
    """What could not be stored because the database was away."""
    try:
        yield
    except (OperationalError, InterfaceError):
        count_refusal(source=source, reason="database")
        raise


def from_database() -> Iterator[Metric]:
    """A handful of looks at small indexes."""
    sources = list(settings.WEBHOOK_SECRETS)
    yield from _waiting(sources)
    yield _apply_seconds(sources)
    yield from _heard(sources)


_WAITING = """
    SELECT source, status, count(*), min(queued_at), statement_timestamp() FROM (
        SELECT source, status, queued_at FROM webhooks_delivery WHERE status = 'pending'
        UNION ALL
        SELECT source, status, queued_at FROM webhooks_delivery WHERE status IN ('dead', 'held', 'quarantined')
    ) AS waiting
    GROUP BY source, status
"""


def _waiting(sources: Sequence[str]) -> Iterator[Metric]:
    kept = GaugeMetricFamily(
        "campanile_webhook_waiting",
        "Deliveries that wait for the worker or for staff.",
        labels=["source", "status"],
    )
    oldest = GaugeMetricFamily(
        "campanile_webhook_oldest_pending_seconds",
        "For how long the oldest has been pending.",
        labels=["source"],
    )
    counts = dict.fromkeys(((source, status) for source in sources for status in WAITING), 0)
    ages = dict.fromkeys(sources, 0.0)
    with connection.cursor() as cursor:
        cursor.execute(_WAITING)
        rows: list[tuple[str, str, int, datetime, datetime]] = cursor.fetchall()
    for source, status, number, since, now in rows:
        counts[source, status] = number
        if status == "pending":
            ages[source] = max(0.0, (now - since).total_seconds())
    for (source, status), number in counts.items():
        kept.add_metric([source, status], number)
    for source, age in ages.items():
        oldest.add_metric([source], age)
    yield kept
    yield oldest


# The newest thousand are enough for percentiles, and as cheap after a flood as on a quiet day.
_APPLY_SECONDS = """
    SELECT asked.source, percentile_disc(%s::float[]) WITHIN GROUP (ORDER BY recent.seconds)
    FROM unnest(%s::text[]) AS asked (source)
    CROSS JOIN LATERAL (
        SELECT extract(epoch FROM greatest(processed_at - queued_at, interval '0'))::float AS seconds
        FROM webhooks_delivery AS delivery
        WHERE delivery.source = asked.source AND status = 'processed' AND processed_at > statement_timestamp() - interval '5 minutes'
        ORDER BY processed_at DESC LIMIT 1000
    ) AS recent
    GROUP BY asked.source
"""


def _apply_seconds(sources: Sequence[str]) -> Metric:
    """From being queued, on arrival or by a replay, to having been applied; no sample when nothing was in the last five minutes."""
    seconds = GaugeMetricFamily(
        "campanile_webhook_apply_seconds",
        "From arrival to having been applied, of the last five minutes.",
        labels=["source", "quantile"],
    )
    with connection.cursor() as cursor:
        cursor.execute(_APPLY_SECONDS, [list(QUANTILES), list(sources)])
        for source, values in cursor.fetchall():
            for quantile, value in zip(QUANTILES, values, strict=True):
                seconds.add_metric([source, str(quantile)], value)
    return seconds


def _heard(sources: Sequence[str]) -> Iterator[Metric]:
    heard = GaugeMetricFamily(
        "campanile_webhook_source_heard_timestamp_seconds",
        "When the source was last heard, since 1970.",
        labels=["source"],
    )
    quiet = GaugeMetricFamily(
        "campanile_webhook_source_quiet", "Whether the source has been quiet for too long.", labels=["source"]
    )
    for source in Source.objects.filter(name__in=sources):
        quiet.add_metric([source.name], source.quiet_since is not None)
        if source.heard_at:
            heard.add_metric([source.name], source.heard_at.timestamp())
    yield heard
    yield quiet
