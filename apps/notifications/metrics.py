"""What Prometheus learns of the phones, asked of the database. docs/metrics.md tells of each metric."""

import math
from collections.abc import Iterator

from django.db import connection
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from apps.notifications.models import Device, Pause, Push, PushCount
from apps.notifications.punctuality import seconds_late

QUANTILES = (0.5, 0.95, 1.0)
OUTCOMES = (
    Push.Status.SENT,
    PushCount.RETRIED,
    PushCount.PUT_OFF,
    Push.Status.RETIRED,
    Push.Status.CANCELLED,
    Push.Status.DEAD,
    Push.Status.EXPIRED,
)


def from_database() -> Iterator[Metric]:
    """A handful of looks at small tables and small indexes."""
    yield _outcomes()
    yield _seconds()
    yield _late()
    yield _overdue()
    yield _paused()


def _outcomes() -> Metric:
    pushes = CounterMetricFamily(
        "campanile_pushes", "Tries to send a push, by how they ended.", labels=["outcome"]
    )
    counts = dict(PushCount.objects.values_list("outcome", "number"))
    for outcome in OUTCOMES:
        pushes.add_metric([outcome], counts.get(outcome, 0))
    return pushes


# The newest thousand are enough for percentiles, and as cheap after a flood as on a quiet day. What staff let wait says nothing of our speed.
_SECONDS = """
    SELECT asked.high_priority, percentile_disc(%s::float[]) WITHIN GROUP (ORDER BY recent.seconds)
    FROM (VALUES (true), (false)) AS asked (high_priority)
    CROSS JOIN LATERAL (
        SELECT extract(epoch FROM greatest(push.settled_at - change_set.recorded_at, interval '0'))::float AS seconds
        FROM notifications_push AS push
        JOIN notifications_notification AS notification ON notification.id = push.notification_id
        JOIN courses_changeset AS change_set ON change_set.revision = notification.revision
        WHERE push.status = 'sent' AND push.high_priority = asked.high_priority
          AND push.settled_at > statement_timestamp() - interval '5 minutes'
          AND NOT EXISTS (SELECT FROM notifications_hold AS hold WHERE hold.revision = change_set.revision)
        ORDER BY push.settled_at DESC LIMIT 1000
    ) AS recent
    GROUP BY asked.high_priority
"""


def _seconds() -> Metric:
    """No sample when nothing was sent in the last five minutes."""
    seconds = GaugeMetricFamily(
        "campanile_push_seconds",
        "From a change of the catalogue to FCM's answer, of the last five minutes.",
        labels=["priority", "quantile"],
    )
    with connection.cursor() as cursor:
        cursor.execute(_SECONDS, [list(QUANTILES)])
        for high, values in cursor.fetchall():
            for quantile, value in zip(QUANTILES, values, strict=True):
                seconds.add_metric(["high" if high else "normal", str(quantile)], value)
    return seconds


def _late() -> Metric:
    late = GaugeMetricFamily(
        "campanile_reminder_late_seconds",
        "From when a reminder was to ring to FCM's answer, of the last five minutes.",
        labels=["kind", "quantile"],
    )
    for kind, seconds in seconds_late().items():
        for quantile in QUANTILES:
            late.add_metric([kind, str(quantile)], seconds[math.ceil(quantile * len(seconds)) - 1])
    return late


# Of each lane the one that was to be done first, by way of the index its worker looks in.
_OVERDUE = """
    SELECT lane, greatest(extract(epoch FROM statement_timestamp() - min(due)), 0)::float FROM (
        SELECT 'fan-out' AS lane, (
            SELECT due_at FROM notifications_fanout WHERE expanded_at IS NULL AND dead_at IS NULL ORDER BY due_at LIMIT 1
        ) AS due
        UNION ALL
        SELECT 'push', (
            SELECT next_try_at FROM notifications_push
            WHERE status = 'pending' AND high_priority = asked.high_priority ORDER BY next_try_at LIMIT 1
        ) FROM (VALUES (true), (false)) AS asked (high_priority)
    ) AS first
    GROUP BY lane
"""


def _overdue() -> Metric:
    overdue = GaugeMetricFamily(
        "campanile_lane_overdue_seconds",
        "For how long the oldest of the queue has been due.",
        labels=["lane"],
    )
    with connection.cursor() as cursor:
        cursor.execute(_OVERDUE)
        for lane, seconds in cursor.fetchall():
            overdue.add_metric([lane], seconds or 0)
    return overdue


def _paused() -> Metric:
    paused = GaugeMetricFamily(
        "campanile_push_paused",
        "Whether nothing may be sent to these phones at the moment.",
        labels=["scope"],
    )
    in_force = set(Pause.objects.in_force().values_list("scope", flat=True))
    for scope in (Pause.EVERYTHING, *Device.Platform.values):
        paused.add_metric([scope], scope in in_force)
    return paused
