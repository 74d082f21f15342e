"""What this app does when others announce a fact: it inserts a row and returns."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.utils import timezone

from apps.courses.models import ChangeSet
from apps.notifications.devices import retire_session_devices
from apps.notifications.models import FanOut
from apps.users.models import Session

_DAYS = """
    SELECT coalesce(term.time_zone, 'UTC') AS zone, array_agg(DISTINCT day)
    FROM courses_change AS change
    CROSS JOIN unnest(change.dates) AS day
    LEFT JOIN courses_course AS course ON course.id = change.course_id
    LEFT JOIN courses_term AS term ON term.id = coalesce(change.term_id, course.term_id)
    WHERE change.revision = %s
    GROUP BY zone
"""


def plan_fan_out(*, change_set: ChangeSet, **_: Any) -> None:
    """Far changes settle first, near ones are due at once; a silenced change set, or one with no day ahead, rings nobody."""
    if change_set.silenced:
        return
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(_DAYS, [change_set.revision])
        days = dict(cursor.fetchall())
    settle = _settling(days, now)
    if settle is not None:
        fan_out = FanOut(change_set=change_set, due_at=now + settle)
        FanOut.objects.bulk_create([fan_out], ignore_conflicts=True)


def retire_device_of_session(*, session: Session, **_: Any) -> None:
    retire_session_devices(session=session.pk)


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
