"""Reminders of classes and exams about to begin: a job of the schedule lane makes them shortly before they are due.

It looks at what begins within the next hours, which is little at any one time, and finds all who follow it and want to be reminded now
in one statement. What changes afterwards is seen when they are sent, see last_look.py; what changes before is seen here the next time.
"""

import json
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import NamedTuple

import structlog
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from apps.core.zones import zone_named
from apps.courses.beginnings import Beginning, beginning
from apps.notifications.audience import FOLLOWERS, MATTER_COLUMNS, Matter, rows
from apps.notifications.clocks import quiet_around
from apps.notifications.models import Notification, Preferences, Reminder
from apps.notifications.reminding import CATEGORY, LATE, PLANNED_AHEAD

Why = Notification.Why
MANY = 1000
KEPT = timedelta(days=2)
BATCH = 5000

log = structlog.get_logger(__name__)

# When each rings, quiet hours included, is as reminding.py has it. The unique keys decide between workers. A reminder that was not wanted when it
# was to be sent, and is again while it is due, has not rung: its pushes wait again.
_PLAN = f"""
    WITH quiet AS (
        SELECT * FROM jsonb_to_recordset(%(quiet)s::jsonb)
            AS row(zone text, quiet_from time, quiet_to time, since timestamptz, until timestamptz)
    ), matter AS (
        SELECT * FROM jsonb_to_recordset(%(matters)s::jsonb) AS row({MATTER_COLUMNS}, kind text, subject uuid, begins_at timestamptz)
    ), follower AS ({FOLLOWERS}), wanted AS (
        SELECT follower.user_id, matter.kind, matter.subject, matter.begins_at,
               min(coalesce(quiet.until, asked.due_at)) AS due_at
        FROM follower
        JOIN matter USING (n)
        JOIN users_user AS person ON person.id = follower.user_id
        JOIN notifications_preferences AS chosen ON chosen.user_id = follower.user_id
        CROSS JOIN LATERAL (
            SELECT matter.begins_at - chosen.reminder_minutes * interval '1 minute' AS due_at
        ) AS asked
        LEFT JOIN quiet
            ON (quiet.zone, quiet.quiet_from, quiet.quiet_to) = (person.time_zone, chosen.quiet_from, chosen.quiet_to)
            AND quiet.since <= asked.due_at AND asked.due_at < quiet.until AND quiet.until < matter.begins_at
        WHERE %(category)s <> ALL (chosen.push_off)
          AND coalesce(quiet.until, asked.due_at) BETWEEN %(since)s AND %(until)s
        GROUP BY follower.user_id, matter.kind, matter.subject, matter.begins_at
    ), made AS (
        INSERT INTO notifications_reminder (id, user_id, kind, subject, begins_at)
        SELECT gen_random_uuid(), user_id, kind, subject, begins_at FROM wanted
        ORDER BY user_id, subject, begins_at
        ON CONFLICT (user_id, subject, begins_at) WHERE subject IS NOT NULL DO NOTHING
        RETURNING id, user_id, subject, begins_at
    ), again AS (
        UPDATE notifications_push AS push
        SET status = 'pending', next_try_at = wanted.due_at, error = '', settled_at = NULL
        FROM wanted JOIN notifications_reminder AS known USING (user_id, subject, begins_at)
        WHERE push.reminder_id = known.id AND push.status IN ('cancelled', 'expired') AND push.error = ANY (%(revoked)s)
    )
    INSERT INTO notifications_push
        (reminder_id, device_id, status, high_priority, next_try_at, expires_at, attempts, fcm_name, error)
    SELECT made.id, device.id, 'pending', true, wanted.due_at, made.begins_at, 0, '', ''
    FROM made
    JOIN wanted USING (user_id, subject, begins_at)
    JOIN notifications_device AS device ON device.user_id = made.user_id AND device.retired_at IS NULL
"""  # noqa: S608  # constants
_REVOKED = [Why.UNFOLLOWED, Why.MUTED, Why.PUSH_OFF, Why.UNDONE, Why.EXPIRED]


class Quiet(NamedTuple):
    """A stretch in which phones of those who have chosen these quiet hours, by a clock of this zone, are left alone."""

    zone: str
    quiet_from: time
    quiet_to: time
    since: datetime
    until: datetime


def plan_due() -> int:
    """Make what is due by now or within a minute; how many pushes that were."""
    now = timezone.now()
    since, until = now - LATE, now + PLANNED_AHEAD
    quiet = _quiet(since, until)
    if not (matters := _matters(since, until, quiet)):
        return 0
    values = {
        "matters": json.dumps(matters),
        "quiet": json.dumps([each._asdict() for each in quiet], default=str),
        "users": None,
        "category": CATEGORY,
        "since": since,
        "until": until,
        "revoked": _REVOKED,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_PLAN, values)
        made: int = cursor.rowcount
    if made:
        settle_statistics(made)
        log.info("reminders.planned", pushes=made)
    return made


def _quiet(since: datetime, until: datetime) -> list[Quiet]:
    """The quiet hours of all who are reminded that touch this span."""
    chosen = Preferences.objects.filter(reminder_minutes__isnull=False, quiet_from__isnull=False)
    clocks = chosen.order_by().values_list("user__time_zone", "quiet_from", "quiet_to").distinct()
    return [
        Quiet(zone, begins, ends, first, last)
        for zone, begins, ends in clocks
        if begins and ends
        for first, last in quiet_around(until, begins=begins, ends=ends, zone=zone_named(zone))
        if first <= until and last >= since
    ]


def _matters(since: datetime, until: datetime, quiet: Sequence[Quiet]) -> list[dict[str, object]]:
    """What begins so long after that somebody may want to be reminded from `since` to `until`, or was to be in quiet hours that end then."""
    chosen = Preferences.objects.filter(reminder_minutes__isnull=False)
    notice = [
        timedelta(minutes=minutes or 0)
        for minutes in chosen.order_by().values_list("reminder_minutes", flat=True).distinct()
    ]
    if not notice:
        return []
    earliest = min([since, *(each.since for each in quiet if each.until <= until)])
    near = [
        each
        for each in beginning(max(since, earliest + min(notice)), until + max(notice))
        if any(earliest <= each.starts_at - ahead <= until for ahead in notice)
    ]
    found = zip(rows(map(matter_of, near)), near, strict=True)
    return [{**row, **_reminded_of(each)} for row, each in found]


def _reminded_of(each: Beginning) -> dict[str, str]:
    return {"kind": each.kind, "subject": str(each.id), "begins_at": each.starts_at.isoformat()}


def matter_of(each: Beginning) -> Matter:
    return Matter(
        course=each.course,
        term=each.term,
        category=CATEGORY,
        everyone=not each.groups,
        groups=each.groups,
        course_groups=each.course_groups,
        entry=each.id if each.kind == "class" else None,
    )


def matters_of(found: Sequence[Beginning]) -> list[Matter]:
    return [matter_of(each) for each in found]


def settle_statistics(made: int) -> None:
    """Else every claim sorts all of them, until autovacuum comes by and the planner learns of them."""
    if made > MANY:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE notifications_push")


def forget() -> int:
    """Those that are long over, a batch at a time, with their pushes. A job of the schedule."""
    over = Reminder.objects.filter(begins_at__lt=Now() - KEPT).order_by("begins_at")
    number, _ = Reminder.objects.filter(pk__in=list(over.values_list("pk", flat=True)[:BATCH])).delete()
    return number
