"""What becomes of an announcement: staff write, confirm and cancel it, the worker makes its messages. The caller of the first three opens the transaction."""

import traceback
import uuid
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone

from apps.notifications.addressees import ADDRESSED
from apps.notifications.composition import LONGEST_LIFE
from apps.notifications.models import Announcement, Push
from apps.users.models import User

State = Announcement.State

log = structlog.get_logger(__name__)

_MANY = 1000
FIRST_PAUSE = timedelta(seconds=10)  # twice as long after every further attempt
LONGEST_PAUSE = timedelta(minutes=10)
_INSERT_NOTIFICATIONS = f"""
    INSERT INTO notifications_notification
        (id, user_id, announcement_id, category, kind, course_id, params, changes, deep_link, expires_at, why)
    SELECT message.id, message.person, %(announcement)s, 'announcements', 'announcement', %(course)s, '{{}}', '[]',
           replace(%(link)s, '{{notification}}', message.id::text), %(expires_at)s, 'waiting'
    FROM (SELECT gen_random_uuid() AS id, addressed.person FROM ({ADDRESSED}) AS addressed) AS message
    ON CONFLICT (announcement_id, user_id) WHERE announcement_id IS NOT NULL DO NOTHING
"""  # noqa: S608  # both are constants
_SILENCE = """
    UPDATE notifications_notification AS notification SET why = 'push-off'
    FROM notifications_preferences AS chosen
    WHERE chosen.user_id = notification.user_id AND notification.announcement_id = %(announcement)s
      AND 'announcements' = ANY (chosen.push_off)
"""
_INSERT_PUSHES = """
    INSERT INTO notifications_push
        (notification_id, device_id, status, bulk, high_priority, expires_at, attempts, fcm_name, error)
    SELECT notification.id, device.id, 'pending', true, false, notification.expires_at, 0, '', ''
    FROM notifications_notification AS notification
    JOIN notifications_device AS device ON device.user_id = notification.user_id AND device.retired_at IS NULL
    WHERE notification.announcement_id = %(announcement)s AND notification.why = 'waiting'
    ON CONFLICT (notification_id, device_id) DO NOTHING
"""
_WITHOUT_PUSH = """
    UPDATE notifications_notification AS notification SET why = 'no-device'
    WHERE announcement_id = %(announcement)s AND why = 'waiting'
      AND NOT EXISTS (SELECT FROM notifications_push AS push WHERE push.notification_id = notification.id)
"""
_INSERT_MAILINGS = """
    INSERT INTO notifications_mailing (notification_id, reason, status, bulk)
    SELECT notification.id, 'chosen', 'pending', true
    FROM notifications_notification AS notification
    JOIN notifications_preferences AS chosen
      ON chosen.user_id = notification.user_id AND 'announcements' = ANY (chosen.email_on)
    WHERE notification.announcement_id = %(announcement)s
    ON CONFLICT (notification_id) DO NOTHING
"""

_WRITTEN = [
    "texts",
    "deep_link",
    "audience",
    "course",
    "term",
    "group",
    "role",
    "department",
    "written_by",
    "written_at",
]


def rewrite(*, announcement: Announcement, by: User) -> None:
    """Save a draft as it has been written now, a new one too. Raises Announcement.Changed."""
    announcement.written_by, announcement.written_at = by, timezone.now()
    known = Announcement.objects.filter(pk=announcement.pk)
    if known.filter(state=State.DRAFT).update(**{name: getattr(announcement, name) for name in _WRITTEN}):
        return
    if known.exists():
        raise Announcement.Changed
    announcement.save(force_insert=True)


def confirm(*, announcement: uuid.UUID, by: User, send_at: datetime, seen: datetime) -> None:
    """Send the draft as it was written at `seen` once `send_at` has come. Raises Announcement.Changed."""
    draft = Announcement.objects.filter(pk=announcement, state=State.DRAFT, written_at=seen)
    if not draft.update(state=State.SCHEDULED, send_at=send_at, confirmed_by=by, confirmed_at=Now()):
        raise Announcement.Changed
    log.info("announcement.confirmed", announcement=str(announcement), user=str(by.pk), send_at=send_at)


def cancel(*, announcement: uuid.UUID, by: User) -> None:
    """Ring nobody more. The pushes that wait are discarded when they are looked at again before sending. Raises Announcement.Changed."""
    going = Announcement.objects.filter(pk=announcement, state__in=[State.SCHEDULED, State.SENDING])
    if not going.update(state=State.CANCELLED, cancelled_by=by, cancelled_at=Now()):
        raise Announcement.Changed
    log.info("announcement.cancelled", announcement=str(announcement), user=str(by.pk))


def send_due() -> int:
    """Make the messages of the announcement that has been due longest; how many were tried. A fault is kept on its row, which gives way to others."""
    due = _begin_attempt(timezone.now())
    if due is None:
        return 0
    scheduled = Announcement.objects.filter(pk=due.pk, state=State.SCHEDULED)
    try:
        with transaction.atomic():
            if announcement := scheduled.select_for_update().first():
                _expand(announcement, timezone.now())
    except Exception as error:
        Announcement.objects.filter(pk=due.pk).update(error=_traced(error))
        log.error("announcement.failed", announcement=str(due.pk), attempts=due.attempts, exc_info=error)
    return 1


@transaction.atomic
def _begin_attempt(now: datetime) -> Announcement | None:
    """Count an attempt before it is made, and give it time before anyone tries again: it may kill the process."""
    waiting = Announcement.objects.filter(state=State.SCHEDULED, send_at__lte=now)
    due = waiting.filter(Q(next_try_at=None) | Q(next_try_at__lte=now)).order_by("send_at")
    announcement = due.select_for_update(skip_locked=True).first()
    if announcement is None:
        return None
    announcement.attempts += 1
    pause = min(FIRST_PAUSE * 2 ** min(announcement.attempts - 1, 10), LONGEST_PAUSE)
    announcement.next_try_at = now + pause
    announcement.save(update_fields=["attempts", "next_try_at"])
    return announcement


def _traced(error: Exception) -> str:
    return "".join(traceback.format_exception(error))[-20_000:].replace("\0", "")


def _expand(announcement: Announcement, now: datetime) -> None:
    values: dict[str, Any] = {
        "announcement": announcement.pk,
        "announcements": [announcement.pk],
        "among": None,
        "course": announcement.course_id,
        "link": announcement.link,
        "expires_at": now + LONGEST_LIFE,
    }
    with connection.cursor() as cursor:
        cursor.execute(_INSERT_NOTIFICATIONS, values)
        announcement.people = cursor.rowcount
        cursor.execute(_SILENCE, values)
        cursor.execute(_INSERT_PUSHES, values)
        announcement.phones = cursor.rowcount
        cursor.execute(_WITHOUT_PUSH, values)
        cursor.execute(_INSERT_MAILINGS, values)
        if announcement.phones > _MANY:
            # Else every claim sorts all of them, until autovacuum comes by and the planner learns of them.
            cursor.execute("ANALYZE notifications_push")
    announcement.state = State.SENDING
    announcement.started_at = now
    announcement.error = ""
    announcement.save(update_fields=["people", "phones", "state", "started_at", "error"])
    log.info(
        "announcement.expanded",
        announcement=str(announcement.pk),
        people=announcement.people,
        phones=announcement.phones,
    )


def finish() -> int:
    """Mark as sent those of which no push waits any more; how many. A job of the schedule."""
    waiting = Push.objects.filter(notification__announcement=OuterRef("pk"), status=Push.Status.PENDING)
    done = Announcement.objects.filter(~Exists(waiting), state=State.SENDING)
    return done.update(state=State.SENT, finished_at=Now())
