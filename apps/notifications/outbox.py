"""From change sets to messages: the fan-out lane of the worker."""

import json
import traceback
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.notifications.audience import concerned
from apps.notifications.composition import HIGH_PRIORITY_WITHIN, Composition, compose, still_ahead
from apps.notifications.folding import fold
from apps.notifications.holds import hold
from apps.notifications.models import FanOut, Folded, Mailing, Notification
from apps.notifications.net_change import CATEGORIES_OF_OBJECTS, NetChange
from apps.notifications.subjects import Subjects

MOST_ATTEMPTS = 5
# Folding looks across change sets, so one worker expands at a time.
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
    if not _due(timezone.now()).exists():  # as mostly, so that an idle worker asks one question and not five
        return 0
    with turn() as mine:
        fan_out = _begin_attempt(timezone.now()) if mine else None
        if fan_out is None:
            return 0
        if fan_out.dead_at is None:
            _attempt(fan_out)
        return 1


@contextmanager
def turn() -> Iterator[bool]:
    """Whether it is this worker's turn. The lock spans transactions; should the process or its connection die, it is free."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_ONE_AT_A_TIME])
        mine = cursor.fetchone() == (True,)
    try:
        yield mine
    finally:
        if mine:
            with suppress(DatabaseError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_ONE_AT_A_TIME])


def _due(now: datetime) -> QuerySet[FanOut]:
    return FanOut.objects.filter(expanded_at=None, dead_at=None, due_at__lte=now)


@transaction.atomic
def _begin_attempt(now: datetime) -> FanOut | None:
    """Count an attempt before it is made, and let others go before the next: one that kills the process must find itself counted."""
    fan_out = _due(now).order_by("due_at").select_for_update(skip_locked=True).first()
    if fan_out is None:
        return None
    if fan_out.attempts >= MOST_ATTEMPTS:
        fan_out.dead_at = now
        fan_out.error = f"The process died in attempt {fan_out.attempts}.\n\n{fan_out.error}".rstrip()
        fan_out.save(update_fields=["dead_at", "error"])
        log.error("fan_out.dead", revision=fan_out.change_set_id, attempts=fan_out.attempts)
        return fan_out
    fan_out.attempts += 1
    again_at = now + timedelta(seconds=2**fan_out.attempts)
    FanOut.objects.filter(pk=fan_out.pk).update(attempts=fan_out.attempts, due_at=again_at)
    return fan_out


def _attempt(fan_out: FanOut) -> None:
    try:
        with transaction.atomic():
            _expand(fan_out, timezone.now())
    except Exception as error:
        log.error("fan_out.failed", revision=fan_out.change_set_id, attempts=fan_out.attempts, exc_info=error)
        _note_failure(fan_out, error)


def retry(fan_outs: QuerySet[FanOut]) -> int:
    """Those that are dead are due again, with all their attempts; how many were."""
    return fan_outs.filter(expanded_at=None, dead_at__isnull=False).update(
        dead_at=None, attempts=0, due_at=timezone.now()
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
    fan_out.save(update_fields=["concerned", "expanded_at", "error", "due_at"])
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


def _note_failure(fan_out: FanOut, error: Exception) -> None:
    """Without a database to note it in, the fault is the lane's."""
    fan_out.error = "".join(traceback.format_exception(error))[-20_000:].replace("\0", "")
    fan_out.dead_at = timezone.now() if fan_out.attempts >= MOST_ATTEMPTS else None
    fan_out.save(update_fields=["error", "dead_at"])
