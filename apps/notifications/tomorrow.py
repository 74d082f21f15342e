"""What tomorrow brings, the evening before at the hour a user chose: a job of the schedule lane, in the way of reminders.py."""

import json
import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import structlog
from django.db import connection, transaction
from django.utils import timezone

from apps.core.zones import zone_named
from apps.courses.beginnings import Beginning, beginning
from apps.notifications.audience import FOLLOWERS, MATTER_COLUMNS, rows
from apps.notifications.clocks import hour_of
from apps.notifications.reminders import matters_of, settle_statistics
from apps.notifications.reminding import CATEGORY, PLANNED_AHEAD, TOMORROW_LATE

Json = dict[str, Any]
BATCH = 5000
_DAY = timedelta(days=1)
# No clock of the world is further from Greenwich's.
_FARTHEST = timedelta(hours=15)

log = structlog.get_logger(__name__)

_CLOCKS = """
    SELECT DISTINCT person.time_zone, chosen.tomorrow_hour
    FROM notifications_preferences AS chosen JOIN users_user AS person ON person.id = chosen.user_id
    WHERE chosen.tomorrow_hour IS NOT NULL
"""
_HOUR_COLUMNS = "zone text, hour int, day date, due_at timestamptz, begins_at timestamptz"
_WAITING = f"""
    SELECT person.id
    FROM jsonb_to_recordset(%(hours)s::jsonb) AS come({_HOUR_COLUMNS})
    JOIN users_user AS person ON person.time_zone = come.zone AND person.is_active
    JOIN notifications_preferences AS chosen ON chosen.user_id = person.id AND chosen.tomorrow_hour = come.hour
    WHERE %(category)s <> ALL (chosen.push_off)
      AND coalesce(chosen.tomorrow_chosen_at <= come.due_at, true)
      AND NOT EXISTS (
          SELECT FROM notifications_reminder AS known WHERE known.user_id = person.id AND known.day = come.day
      )
    LIMIT %(batch)s
"""  # noqa: S608  # a constant
# Who has nothing tomorrow gets a row too, and no push: it is settled for the day. They ring at once and yet after all that is urgent: bulk, of high
# priority.
_PLAN = f"""
    WITH come AS (
        SELECT * FROM jsonb_to_recordset(%(hours)s::jsonb) AS row({_HOUR_COLUMNS})
    ), matter AS (
        SELECT * FROM jsonb_to_recordset(%(matters)s::jsonb) AS row({MATTER_COLUMNS}, day date)
    ), follower AS ({FOLLOWERS}), busy AS (
        SELECT DISTINCT follower.user_id, matter.day FROM follower JOIN matter USING (n)
    ), waiting AS (
        SELECT person.id AS user_id, come.day, come.due_at, come.begins_at
        FROM users_user AS person
        JOIN notifications_preferences AS chosen ON chosen.user_id = person.id
        JOIN come ON come.zone = person.time_zone AND come.hour = chosen.tomorrow_hour
        WHERE person.id = ANY (%(users)s)
    ), made AS (
        INSERT INTO notifications_reminder (id, user_id, kind, begins_at, day)
        SELECT gen_random_uuid(), user_id, 'tomorrow', begins_at, day FROM waiting
        ORDER BY user_id, day
        ON CONFLICT (user_id, day) WHERE day IS NOT NULL DO NOTHING
        RETURNING id, user_id, day, begins_at
    )
    INSERT INTO notifications_push
        (reminder_id, device_id, status, bulk, high_priority, next_try_at, expires_at, attempts, fcm_name, error)
    SELECT made.id, device.id, 'pending', true, true, waiting.due_at, made.begins_at, 0, '', ''
    FROM made
    JOIN waiting USING (user_id, day)
    JOIN busy USING (user_id, day)
    JOIN notifications_device AS device ON device.user_id = made.user_id AND device.retired_at IS NULL
"""  # noqa: S608  # constants


def plan_tomorrow() -> int:
    """Make what is due by now or within a minute, of so many users; how many these were."""
    now = timezone.now()
    hours = _hours(now)
    if not hours or not (users := _waiting(hours)):
        return 0
    found = [(day, each) for day in {hour["day"] for hour in hours} for each in on(date.fromisoformat(day))]
    matters = rows(matters_of([each for _, each in found]))
    values: Json = {
        "hours": json.dumps(hours),
        "matters": json.dumps([{**row, "day": day} for row, (day, _) in zip(matters, found, strict=True)]),
        "users": users,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_PLAN, values)
        pushes = cursor.rowcount
    settle_statistics(pushes)
    log.info("tomorrow.planned", people=len(users), pushes=pushes)
    return len(users)


def on(day: date, *, after: datetime | None = None) -> list[Beginning]:
    """What begins on that day by the clock of its term, as a schedule of that day lists it; only `after` that moment if one is given."""
    midnight = datetime.combine(day, time.min, UTC)
    found = beginning(midnight - _FARTHEST, midnight + _DAY + _FARTHEST)
    return [each for each in found if each.local.date() == day and (after is None or each.starts_at > after)]


def _hours(now: datetime) -> list[Json]:
    """The hours on users' clocks that have come."""
    with connection.cursor() as cursor:
        cursor.execute(_CLOCKS)
        clocks: Sequence[tuple[str, int]] = cursor.fetchall()
    return [hour for zone, chosen in clocks for hour in _come(zone, chosen, now)]


def _come(name: str, hour: int, now: datetime) -> Iterable[Json]:
    zone = zone_named(name)
    today = now.astimezone(zone).date()
    for day in (today - _DAY, today, today + _DAY):
        due = hour_of(day, hour=hour, zone=zone)
        if now - TOMORROW_LATE <= due <= now + PLANNED_AHEAD:
            yield {
                "zone": name,
                "hour": hour,
                "day": (day + _DAY).isoformat(),
                "due_at": due.isoformat(),
                "begins_at": datetime.combine(day + _DAY, time.min, zone).isoformat(),
            }


def _waiting(hours: Sequence[Json]) -> list[uuid.UUID]:
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, {"hours": json.dumps(hours), "category": CATEGORY, "batch": BATCH})
        return [user for (user,) in cursor.fetchall()]
