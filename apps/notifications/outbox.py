"""From change sets to messages: the fan-out lane of the worker."""

import json
import traceback
import uuid
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from apps.notifications.audience import concerned
from apps.notifications.composition import HIGH_PRIORITY_WITHIN, Composition, compose, still_ahead
from apps.notifications.folding import fold
from apps.notifications.holds import hold
from apps.notifications.models import FanOut, Folded, Mailing, Notification
from apps.notifications.net_change import CATEGORIES_OF_OBJECTS, NetChange
from apps.notifications.subjects import Subjects

MOST_ATTEMPTS = 5
# Folding looks across change sets, so one worker expands at a time; the lock goes with its connection.
_ONE_AT_A_TIME = 0x63616D70

log = structlog.get_logger(__name__)

# One whose every change is of a category that shall not ring the user's phones.
_SILENCE = """
    UPDATE notifications_notification AS notification SET why = 'push-off'
    FROM notifications_preferences AS chosen
    WHERE chosen.user_id = notification.user_id AND notification.revision = %(revision)s AND chosen.push_off <> '{}'
      AND NOT EXISTS (
          SELECT FROM jsonb_array_elements(notification.changes) AS change
          WHERE %(categories)s::jsonb ->> (change ->> 'object') <> ALL (chosen.push_off)
      )
"""
_INSERT_PUSHES = """
    INSERT INTO notifications_push
        (notification_id, device_id, status, high_priority, expires_at, attempts, fcm_name, error)
    SELECT notification.id, device.id, CASE WHEN count(*) OVER () > %(limit)s THEN 'held' ELSE 'pending' END,
           coalesce(notification.starts_at <= %(near)s, false), notification.expires_at, 0, '', ''
    FROM notifications_notification AS notification
    JOIN notifications_device AS device ON device.user_id = notification.user_id AND device.retired_at IS NULL
    WHERE notification.revision = %(revision)s AND notification.why = 'waiting'
    ON CONFLICT (notification_id, device_id) DO NOTHING
"""
_WITHOUT_PUSH = """
    UPDATE notifications_notification AS notification SET why = 'no-device'
    WHERE revision = %(revision)s AND why = 'waiting'
      AND NOT EXISTS (SELECT FROM notifications_push AS push WHERE push.notification_id = notification.id)
"""
# One that tells of something its user wants e-mail of. What is held back from phones is held back from mailboxes.
_INSERT_MAILINGS = """
    INSERT INTO notifications_mailing (notification_id, reason, status, bulk)
    SELECT notification.id, 'chosen', %(status)s, false
    FROM notifications_notification AS notification
    JOIN notifications_preferences AS chosen ON chosen.user_id = notification.user_id AND chosen.email_on <> '{}'
    WHERE notification.revision = %(revision)s AND EXISTS (
        SELECT FROM jsonb_array_elements(notification.changes) AS change
        WHERE %(categories)s::jsonb ->> (change ->> 'object') = ANY (chosen.email_on)
    )
    ON CONFLICT (notification_id) DO NOTHING
"""


def expand_due() -> int:
    """Expand the change set that has been due longest; how many were. A fault is kept on its row, which gives way to others."""
    revision = None
    try:
        with transaction.atomic():
            fan_out = claim()
            if fan_out is None:
                return 0
            revision = fan_out.change_set_id
            _expand(fan_out, timezone.now())
    except Exception as error:
        if revision is None or not _note_failure(revision, error):
            raise
    return 1


def claim() -> FanOut | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_ONE_AT_A_TIME])
        if cursor.fetchone() != (True,):
            return None
    return (
        FanOut.objects.select_for_update(skip_locked=True)
        .filter(expanded_at=None, dead_at=None, due_at__lte=timezone.now())
        .order_by("due_at")
        .first()
    )


def _expand(fan_out: FanOut, now: datetime) -> None:
    revision = fan_out.change_set_id
    folded = fold(revision)
    subjects = Subjects.of(folded.changes)
    changes = still_ahead([subjects.complete(change) for change in folded.changes], subjects, now)
    fan_out.concerned = _insert_notifications(revision, changes, subjects, now) if changes else 0
    Folded.objects.filter(change__change_set=revision).delete()
    Folded.objects.bulk_create(
        [Folded(change=change) for change in folded.told if change.change_set_id != revision],
        ignore_conflicts=True,
    )
    fan_out.expanded_at = now
    fan_out.error = ""
    fan_out.save(update_fields=["concerned", "expanded_at", "error"])
    log.info("fan_out.expanded", revision=revision, changes=len(changes), concerned=fan_out.concerned)


def _insert_notifications(revision: int, changes: list[NetChange], subjects: Subjects, now: datetime) -> int:
    """Users whom the same changes concern get the same content, so it is composed once for all of them."""
    compositions: dict[tuple[int, ...], Composition | None] = {}
    rows = []
    for user, positions in concerned(changes).items():
        if positions not in compositions:
            compositions[positions] = compose([changes[n] for n in positions], subjects, now)
        if composition := compositions[positions]:
            rows.append(_notification(revision, user, composition))
    Notification.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True)
    categories = json.dumps(CATEGORIES_OF_OBJECTS)
    with connection.cursor() as cursor:
        cursor.execute(_SILENCE, {"revision": revision, "categories": categories})
        cursor.execute(
            _INSERT_PUSHES,
            {"revision": revision, "near": now + HIGH_PRIORITY_WITHIN, "limit": settings.RING_LIMIT},
        )
        phones = cursor.rowcount
        cursor.execute(_WITHOUT_PUSH, {"revision": revision})
        held = phones > settings.RING_LIMIT
        status = Mailing.Status.HELD if held else Mailing.Status.PENDING
        cursor.execute(_INSERT_MAILINGS, {"revision": revision, "categories": categories, "status": status})
    if held:
        hold(revision=revision, phones=phones)
    return len(rows)


def _notification(revision: int, user: uuid.UUID, composition: Composition) -> Notification:
    key = uuid.uuid4()
    return Notification(
        id=key,
        user_id=user,
        change_set_id=revision,
        category=composition.category,
        kind=composition.kind,
        course_id=composition.course,
        params=composition.params,
        changes=composition.changes,
        deep_link=composition.link.format(notification=key),
        starts_at=composition.starts_at,
        expires_at=composition.expires_at,
    )


def _note_failure(revision: int, error: Exception) -> bool:
    """Whether there is such a row to note it on; without one, or without a database, the fault is the lane's."""
    fan_out = FanOut.objects.filter(change_set=revision).first()
    if fan_out is None:
        return False
    fan_out.attempts += 1
    fan_out.error = "".join(traceback.format_exception(error))
    fan_out.due_at = timezone.now() + timedelta(seconds=2**fan_out.attempts)
    if fan_out.attempts >= MOST_ATTEMPTS:
        fan_out.dead_at = timezone.now()
    fan_out.save(update_fields=["attempts", "error", "due_at", "dead_at"])
    log.error("fan_out.failed", revision=revision, attempts=fan_out.attempts, exc_info=error)
    return True
