"""The daily summary: what waited for it rings a device once, at the user's hour."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, timedelta

from django.db import connection
from django.utils import timezone

from apps.notifications.models import Push

# A summary that could not be sent for so long is too late: what it held waits for the next one.
SUMMARY_LASTS = timedelta(hours=1)
# Nothing is added to a summary any more when it is this near, so that it is complete when it is claimed.
SUMMARY_CLOSES = timedelta(minutes=2)

# The first of a summary stands for all: who claimed it has the others too, and nobody else can claim one of them meanwhile.
_CLAIM_OTHERS = """
    UPDATE notifications_push AS push SET lease_until = first.lease_until
    FROM notifications_push AS first
    WHERE first.id = ANY (%s) AND first.summary_day IS NOT NULL
      AND push.device_id = first.device_id AND push.summary_day = first.summary_day
      AND push.status = 'pending' AND push.id <> first.id
    RETURNING push.id
"""


def claim_others(pushes: Collection[int]) -> list[int]:
    """The rest of the summaries which these are the first of."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM_OTHERS, [list(pushes)])
        return [push for (push,) in cursor.fetchall()]


def summed_up(users: Sequence[uuid.UUID]) -> dict[uuid.UUID, set[date]]:
    """The latest days whose summaries these users have had: there is one a day, also when its hour is changed afterwards."""
    found: dict[uuid.UUID, set[date]] = defaultdict(set)
    told = Push.objects.filter(
        device__user__in=users,
        status=Push.Status.SENT,
        summary_day__gte=timezone.now().date() - timedelta(days=2),
    )
    for user, day in told.values_list("notification__user", "summary_day").distinct():
        if day:
            found[user].add(day)
    return found
