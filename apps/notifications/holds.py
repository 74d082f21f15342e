"""The brake before phones: too many of them ring only when staff say so. The caller opens the transaction."""

from collections import Counter
from datetime import datetime

import structlog
from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Now

from apps.notifications.composition import HIGH_PRIORITY_WITHIN
from apps.notifications.models import Hold, Mailing, Notification, Push, PushCount
from apps.users.models import User

log = structlog.get_logger(__name__)
Why = Notification.Why

# What has come near while it waited is as urgent as if it had been announced today.
_RELEASE = """
    UPDATE notifications_push AS push
    SET status = 'pending', next_try_at = statement_timestamp(), high_priority = coalesce(notification.starts_at <= %(near)s, false)
    FROM notifications_notification AS notification
    WHERE push.notification_id = notification.id AND notification.revision = %(revision)s AND push.status = 'held'
"""


def hold(*, revision: int, phones: int) -> None:
    """Note that the pushes of this change set, which are made as held ones, wait for staff."""
    Hold.objects.create(fan_out_id=revision, phones=phones)
    _explain(revision, Why.WAITING, Why.HELD)
    log.warning("fan_out.held", revision=revision, phones=phones)


def approve(*, revision: int, user: User, now: datetime) -> None:
    """Let them ring. Each push is looked at again like any other, so what is undone, unwanted or too late by now does not. Raises Hold.Decided."""
    _decide(revision, Hold.State.APPROVED, user)
    with connection.cursor() as cursor:
        cursor.execute(_RELEASE, {"revision": revision, "near": now + HIGH_PRIORITY_WITHIN})
    _mailings(revision).update(status=Mailing.Status.PENDING)
    _explain(revision, Why.HELD, Why.WAITING)


def reject(*, revision: int, user: User) -> None:
    """Let them not ring; the messages stay in the inboxes. Raises Hold.Decided."""
    _decide(revision, Hold.State.REJECTED, user)
    held = Push.objects.filter(notification__change_set=revision, status=Push.Status.HELD)
    cancelled = held.update(status=Push.Status.CANCELLED, error=Why.REJECTED, settled_at=Now())
    _mailings(revision).update(status=Mailing.Status.CANCELLED, why=Why.REJECTED, settled_at=Now())
    _explain(revision, Why.HELD, Why.REJECTED)
    PushCount.objects.add(Counter({Push.Status.CANCELLED: cancelled}))


def _mailings(revision: int) -> QuerySet[Mailing]:
    return Mailing.objects.filter(notification__change_set=revision, status=Mailing.Status.HELD)


def _decide(revision: int, state: Hold.State, user: User) -> None:
    """The row's own state decides between two who decide at once: the second waits for the first, and finds nothing waiting."""
    waiting = Hold.objects.waiting().filter(pk=revision)
    if not waiting.update(state=state, decided_by=user, decided_at=Now()):
        raise Hold.Decided
    log.info("fan_out.decided", revision=revision, state=state, user=str(user.pk))


def _explain(revision: int, before: Notification.Why, after: Notification.Why) -> None:
    Notification.objects.filter(change_set=revision, why=before).update(why=after)
