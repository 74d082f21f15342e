"""What Prometheus learns of the mail, asked of the database. docs/metrics.md tells of each metric."""

from collections.abc import Iterator

from django.db import connection
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from apps.mail.models import Letter, LetterCount, Outage

OUTCOMES = (Letter.Status.SENT, LetterCount.RETRIED, Letter.Status.DEAD, Letter.Status.EXPIRED)

# By way of the index the worker looks in.
_OVERDUE = """
    SELECT coalesce(greatest(extract(epoch FROM statement_timestamp() - min(due)), 0), 0)::float FROM (
        SELECT (
            SELECT next_try_at FROM mail_letter
            WHERE status = 'pending' AND bulk = asked.bulk AND expires_at > statement_timestamp() ORDER BY next_try_at LIMIT 1
        ) AS due
        FROM (VALUES (true), (false)) AS asked (bulk)
    ) AS first
"""


def from_database() -> Iterator[Metric]:
    counts = dict(LetterCount.objects.values_list("outcome", "number"))
    letters = CounterMetricFamily(
        "campanile_letters", "Tries to send a letter, by how they ended.", labels=["outcome"]
    )
    for outcome in OUTCOMES:
        letters.add_metric([outcome], counts.get(outcome, 0))
    yield letters
    with connection.cursor() as cursor:
        cursor.execute(_OVERDUE)
        (overdue,) = cursor.fetchone()
    yield GaugeMetricFamily(
        "campanile_mail_overdue_seconds", "For how long the oldest letter has been due.", value=overdue
    )
    yield GaugeMetricFamily(
        "campanile_mail_out", "Whether the mail server takes nothing.", value=Outage.objects.lately().count()
    )
