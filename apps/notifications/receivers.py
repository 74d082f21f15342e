"""What this app does when others announce a fact: it inserts a row and returns."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from apps.core.prepared import preparing_cursor
from apps.core.worker import wake
from apps.courses.models import ChangeSet
from apps.notifications.devices import retire_devices_of, retire_session_devices
from apps.notifications.models import FanOut, Notification, Push
from apps.notifications.settling import settle_cancelled
from apps.users.models import Session, User

_DAYS = """
    SELECT revision, zone, array_agg(DISTINCT day)
    FROM (
        SELECT DISTINCT change.revision, coalesce(term.time_zone, 'UTC') AS zone, change.dates
        FROM courses_change AS change
        LEFT JOIN courses_course AS course ON course.id = change.course_id
        LEFT JOIN courses_term AS term ON term.id = coalesce(change.term_id, course.term_id)
        WHERE change.revision = ANY(%s)
    ) AS touched
    CROSS JOIN unnest(dates) AS day
    GROUP BY revision, zone
"""


def plan_fan_outs(*, change_sets: Sequence[ChangeSet], **_: Any) -> None:
    """Far changes settle first, near ones are due at once; a silenced change set, or one with no day ahead, rings nobody."""
    now = timezone.now()
    loud = {change_set.revision: change_set for change_set in change_sets if not change_set.silenced}
    if not loud:
        return
    days: dict[int, dict[str, list[date]]] = {}
    with preparing_cursor() as cursor:
        cursor.execute(_DAYS, [list(loud)])
        for revision, zone, found in cursor.fetchall():
            days.setdefault(revision, {})[zone] = found
    waits = {revision: _settling(by_zone, now) for revision, by_zone in days.items()}
    FanOut.objects.bulk_create(
        [
            FanOut(change_set=loud[revision], due_at=now + wait)
            for revision, wait in waits.items()
            if wait is not None
        ],
        ignore_conflicts=True,
    )
    if timedelta(0) in waits.values():
        transaction.on_commit(partial(wake, "fan-out"))


def retire_device_of_session(*, session: Session, **_: Any) -> None:
    retire_session_devices(session=session.pk)


def silence_phones(*, user: User, **_: Any) -> None:
    """Its phones are retired, and what waits for them is cancelled, held ones too. What a worker has in hand, it lets go of itself."""
    retire_devices_of(user=user)
    free = Q(lease_until=None) | Q(lease_until__lte=Now())
    waiting = Push.objects.filter(free, device__user=user, status__in=[Push.Status.PENDING, Push.Status.HELD])
    taken = (
        waiting.select_for_update(of=("self",), skip_locked=True).order_by("pk").values_list("pk", flat=True)
    )
    settle_cancelled(list(taken), why=Notification.Why.SIGNED_OUT)


def _settling(days_by_zone: dict[str, list[date]], now: datetime) -> timedelta | None:
    """How long the change set settles; None when every day it touches is over. A day is near when an hour of it lies within 24 hours."""
    settle = None
    for zone, days in days_by_zone.items():
        here = now.astimezone(ZoneInfo(zone))
        ahead = [day for day in days if day >= here.date()]
        if any(day <= (here + timedelta(hours=24)).date() for day in ahead):
            return timedelta(0)
        if ahead:
            settle = timedelta(seconds=settings.SETTLE_SECONDS)
    return settle
