"""Putting pushes off that shall not ring yet, many at once."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from apps.notifications.choices import Choices, Wait
from apps.notifications.claimed import Claimed
from apps.notifications.composition import HIGH_PRIORITY_WITHIN
from apps.notifications.settling import explain
from apps.notifications.wanted import Wanted

# A worker so slow that another took over puts nothing off that was settled. What will be near by then is as urgent as if it were told then.
POSTPONE = """
    UPDATE notifications_push AS push
    SET next_try_at = least(row.until, push.expires_at), lease_until = NULL, summary_day = row.summary_day,
        high_priority = CASE
            WHEN push.reminder_id IS NULL THEN coalesce((
                SELECT notification.starts_at <= row.until + %(near)s * interval '1 second'
                FROM notifications_notification AS notification WHERE notification.id = push.notification_id
            ), false)
            ELSE push.high_priority
        END
    FROM unnest(%(pushes)s::bigint[], %(until)s::timestamptz[], %(summary_days)s::date[]) AS row(id, until, summary_day)
    WHERE push.id = row.id AND push.id = ANY (%(pushes)s::bigint[]) AND push.status = 'pending'
"""


def put_off(wanted: Sequence[Wanted], choices: Choices, *, now: datetime) -> list[Wanted]:
    """Those that may ring now; the others wait."""
    waits = [(each, choices.wait(each.push, now)) for each in wanted]
    if later := [(each.push, wait) for each, wait in waits if wait]:
        _postpone(later)
    return [each for each, wait in waits if wait is None]


def _postpone(later: Sequence[tuple[Claimed, Wait]]) -> None:
    whys = {push.notification_id: wait.why for push, wait in later if push.notification_id}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            POSTPONE,
            {
                "near": HIGH_PRIORITY_WITHIN.total_seconds(),
                "pushes": [push.pk for push, _ in later],
                "until": [wait.until for _, wait in later],
                "summary_days": [wait.summary_day for _, wait in later],
            },
        )
        explain(whys)
