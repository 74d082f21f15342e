"""What change sets have to tell, to whom: from the ledger to notifications, pushes and mailings. The caller opens the transaction."""

import itertools
import json
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.db import connection

from apps.notifications.audience import concerned
from apps.notifications.composition import HIGH_PRIORITY_WITHIN, Composition, compose, still_ahead
from apps.notifications.folding import fold
from apps.notifications.holds import hold
from apps.notifications.models import FanOut, Folded, Notification
from apps.notifications.net_change import CATEGORIES_OF_OBJECTS, NetChange
from apps.notifications.subjects import Subjects

log = structlog.get_logger(__name__)

# One whose every change is of a category that shall not ring the user's phones.
_SILENCE = """
    UPDATE notifications_notification AS notification SET why = 'push-off'
    FROM notifications_preferences AS chosen
    WHERE chosen.user_id = notification.user_id AND notification.revision = ANY (%(revisions)s) AND chosen.push_off <> '{}'
      AND NOT EXISTS (
          SELECT FROM jsonb_array_elements(notification.changes) AS change
          WHERE %(categories)s::jsonb ->> (change ->> 'object') <> ALL (chosen.push_off)
      )
"""
# Returns the change sets that would ring more phones than may ring unseen, whose pushes are held.
_INSERT_PUSHES = """
    WITH ringing AS (
        SELECT notification.id, notification.revision, notification.starts_at, notification.expires_at, device.id AS device,
               count(*) OVER (PARTITION BY notification.revision) AS phones
        FROM notifications_notification AS notification
        JOIN notifications_device AS device ON device.user_id = notification.user_id AND device.retired_at IS NULL
        WHERE notification.revision = ANY (%(revisions)s) AND notification.why = 'waiting'
    ), inserted AS (
        INSERT INTO notifications_push
            (notification_id, device_id, status, high_priority, expires_at, attempts, fcm_name, error)
        SELECT id, device, CASE WHEN phones > %(limit)s THEN 'held' ELSE 'pending' END,
               coalesce(starts_at <= %(near)s, false), expires_at, 0, '', ''
        FROM ringing
        ON CONFLICT (notification_id, device_id) DO NOTHING
    )
    SELECT DISTINCT revision, phones FROM ringing WHERE phones > %(limit)s
"""
_WITHOUT_PUSH = """
    UPDATE notifications_notification AS notification SET why = 'no-device'
    WHERE revision = ANY (%(revisions)s) AND why = 'waiting'
      AND NOT EXISTS (SELECT FROM notifications_push AS push WHERE push.notification_id = notification.id)
"""
# One that tells of something its user wants e-mail of. What is held back from phones is held back from mailboxes.
_INSERT_MAILINGS = """
    INSERT INTO notifications_mailing (notification_id, reason, status, bulk)
    SELECT notification.id, 'chosen', CASE WHEN notification.revision = ANY (%(held)s) THEN 'held' ELSE 'pending' END, false
    FROM notifications_notification AS notification
    JOIN notifications_preferences AS chosen ON chosen.user_id = notification.user_id AND chosen.email_on <> '{}'
    WHERE notification.revision = ANY (%(revisions)s) AND EXISTS (
        SELECT FROM jsonb_array_elements(notification.changes) AS change
        WHERE %(categories)s::jsonb ->> (change ->> 'object') = ANY (chosen.email_on)
    )
    ON CONFLICT (notification_id) DO NOTHING
"""
_EXPANDED = """
    UPDATE notifications_fanout AS fan_out
    SET expanded_at = %(now)s, error = '', concerned = row.concerned, due_at = row.due_at
    FROM unnest(%(revisions)s::bigint[], %(concerned)s::int[], %(due)s::timestamptz[]) AS row(revision, concerned, due_at)
    WHERE fan_out.revision = row.revision
"""


def expand(fan_outs: Sequence[FanOut], now: datetime) -> None:
    """Of change sets no two of which touch the same course. Each tells what it would by itself, in the statements of one."""
    revisions = [each.change_set_id for each in fan_outs]
    folds = fold(revisions)
    subjects = Subjects.of(change for folded in folds.values() for change in folded.changes)
    told = {
        revision: still_ahead([subjects.complete(change) for change in folded.changes], subjects, now)
        for revision, folded in folds.items()
    }
    counts = _insert_notifications(told, subjects, now)
    Folded.objects.filter(change__change_set__in=revisions).delete()
    Folded.objects.bulk_create(
        [
            Folded(change=change)
            for revision, folded in folds.items()
            for change in folded.told
            if change.change_set_id != revision
        ],
        ignore_conflicts=True,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            _EXPANDED,
            {
                "now": now,
                "revisions": revisions,
                "concerned": [counts[revision] for revision in revisions],
                "due": [each.due_at for each in fan_outs],
            },
        )
    for revision in revisions:
        log.info(
            "fan_out.expanded",
            revision=revision,
            changes=len(told[revision]),
            concerned=counts[revision],
        )


def _insert_notifications(
    told: Mapping[int, Sequence[NetChange]], subjects: Subjects, now: datetime
) -> Counter[int]:
    """Returns how many are concerned by each. Users whom the same changes concern get the same content, so it is composed once for all."""
    changes = [(revision, change) for revision, those in told.items() for change in those]
    if not changes:
        return Counter()
    compositions: dict[tuple[int, ...], Composition | None] = {}
    rows = []
    for user, positions in concerned([change for _, change in changes]).items():
        for revision, of_one in itertools.groupby(positions, key=lambda n: changes[n][0]):
            places = tuple(of_one)
            if places not in compositions:
                compositions[places] = compose([changes[n][1] for n in places], subjects, now)
            if composition := compositions[places]:
                rows.append(_notification(revision, user, composition))
    Notification.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True)
    _insert_sendings(list(told), now)
    return Counter(row.change_set_id for row in rows if row.change_set_id)


def _insert_sendings(revisions: Sequence[int], now: datetime) -> None:
    about: dict[str, Any] = {"revisions": list(revisions), "categories": json.dumps(CATEGORIES_OF_OBJECTS)}
    with connection.cursor() as cursor:
        cursor.execute(_SILENCE, about)
        cursor.execute(
            _INSERT_PUSHES, {**about, "near": now + HIGH_PRIORITY_WITHIN, "limit": settings.RING_LIMIT}
        )
        held: dict[int, int] = dict(cursor.fetchall())
        cursor.execute(_WITHOUT_PUSH, about)
        cursor.execute(_INSERT_MAILINGS, {**about, "held": list(held)})
    for revision, phones in held.items():
        hold(revision=revision, phones=phones)


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
