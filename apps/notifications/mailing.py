"""Notifications by e-mail: each is looked at a last time, then posted as a letter. A job of the schedule lane.

E-mail rings nobody, so it waits neither for quiet hours nor for a daily summary.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from apps.courses.models import Revision
from apps.mail.models import Outage
from apps.mail.outbox import Draft, InvalidDraft, post
from apps.notifications.addressees import addressed
from apps.notifications.composition import LONGEST_LIFE
from apps.notifications.mail_texts import letter
from apps.notifications.models import Mailing, Notification, Preferences
from apps.notifications.net_change import NetChange
from apps.notifications.reconsidering import Net, Telling, Tellings, changes_of, revision_of, still_concerned
from apps.notifications.unsubscribing import Topic

BATCH = 200
Why, Status = Notification.Why, Mailing.Status
Kept = tuple[Mailing, list[NetChange]]

log = structlog.get_logger(__name__)


@transaction.atomic
def post_due() -> int:
    """At most one batch; how many were posted or cancelled. While the mail server takes nothing they wait here, where they can still be undone."""
    if Outage.objects.filter(until__gt=Now()).exists():
        return 0
    mailings = _claim()
    if not mailings:
        return 0
    look = _LastLook(mailings, timezone.now())
    drafts = [draft for mailing, changes in look.wanted if (draft := look.draft(mailing, changes))]
    post(drafts)
    for mailing in mailings:
        why = look.unwanted.get(mailing.pk, "")
        mailing.status, mailing.why = (Status.CANCELLED if why else Status.POSTED), why
        mailing.told_revision = None if why else look.revision
        mailing.settled_at = look.now
    Mailing.objects.bulk_update(mailings, ["status", "why", "told_revision", "settled_at"])
    return len(mailings)


def _claim() -> list[Mailing]:
    """Locked until they are posted, which takes no network."""
    pending = Mailing.objects.filter(status=Status.PENDING).order_by("bulk", "created_at")
    locked = pending.select_for_update(skip_locked=True, of=("self",))
    return list(locked.select_related("notification__user", "notification__announcement")[:BATCH])


class _LastLook:
    """What is still to be told of these, and of the others why not. Asked in a handful of statements for all of them."""

    def __init__(self, mailings: Sequence[Mailing], now: datetime) -> None:
        self.now = now
        # Read before the values: a change committed in between is told twice rather than never.
        self.revision = Revision.objects.values_list("n", flat=True).first() or 0
        self._chosen = Preferences.objects.in_bulk({each.notification.user_id for each in mailings})
        self.unwanted: dict[object, str] = {}
        timely = [each for each in mailings if not self._refused(each, self._late(each))]
        asked = [*self._differing(timely), *((each, []) for each in timely if _announces(each))]
        heard = [each for each in asked if not self._refused(each[0], self._muted(*each))]
        concerning = [*self._concerning(heard), *self._addressed(heard)]
        self.wanted = [each for each in concerning if not self._refused(each[0], self._off(*each))]

    def draft(self, mailing: Mailing, changes: list[NetChange]) -> Draft | None:
        """None, and a word to staff, when one cannot be written: the others are not held up."""
        topic = self._topics(mailing, changes)[0]
        try:
            return letter(mailing, changes, topic, now=self.now)
        except InvalidDraft:
            # An address of old that nobody could be written to; what is raised quotes it.
            self.unwanted[mailing.pk] = Why.FAILED
            return None
        except Exception:
            log.exception("mailing.failed", notification=str(mailing.pk))
            self.unwanted[mailing.pk] = Why.FAILED
            return None

    def _refused(self, mailing: Mailing, why: str | None) -> bool:
        if why:
            self.unwanted[mailing.pk] = why
        return bool(why)

    def _late(self, mailing: Mailing) -> str | None:
        notification = mailing.notification
        if notification.announcement and notification.announcement.withdrawn:
            return Why.WITHDRAWN
        if not notification.user.is_active:
            return Why.SIGNED_OUT
        if mailing.reason == Mailing.Reason.UNREAD and notification.read_at:
            return Mailing.READ
        begun = mailing.reason == Mailing.Reason.UNREAD and (notification.starts_at or self.now) <= self.now
        return Why.EXPIRED if begun or notification.expires_at <= self.now else None

    def _differing(self, mailings: Iterable[Mailing]) -> list[Kept]:
        """Those about changes, with the net difference since their user was last told by e-mail."""
        telling = [each for each in mailings if not _announces(each)]
        if not telling:
            return []
        net = Net([each.notification for each in telling], _tellings(telling, self.now))
        left: list[Kept] = []
        for mailing in telling:
            found = net.of(mailing.notification, mailing.notification.user_id)
            if not self._refused(mailing, found if isinstance(found, Why) else None):
                assert isinstance(found, list)
                left.append((mailing, found))
        return left

    def _concerning(self, asked: Iterable[Kept]) -> list[Kept]:
        """With what of it concerns their user by now."""
        found = still_concerned([each for each in asked if not _announces(each[0])])
        return [
            (mailing, changes)
            for mailing, changes in found
            if not self._refused(mailing, None if changes else Why.UNFOLLOWED)
        ]

    def _addressed(self, asked: Iterable[Kept]) -> list[Kept]:
        announcing = [mailing for mailing, _ in asked if _announces(mailing)]
        if not announcing:
            return []
        told = {each.notification.announcement_id for each in announcing if each.notification.announcement_id}
        found = addressed(told, among={each.notification.user_id for each in announcing})
        meant = {
            each.pk
            for each in announcing
            if (each.notification.announcement_id, each.notification.user_id) in found
        }
        return [
            (each, [])
            for each in announcing
            if not self._refused(each, None if each.pk in meant else Why.UNFOLLOWED)
        ]

    def _muted(self, mailing: Mailing, changes: Sequence[NetChange]) -> str | None:
        muted = self._preferences(mailing).muted_courses
        return Why.MUTED if changes and all(each.course in muted for each in changes) else None

    def _off(self, mailing: Mailing, changes: Sequence[NetChange]) -> str | None:
        return None if self._topics(mailing, changes) else Mailing.UNWANTED

    def _topics(self, mailing: Mailing, changes: Sequence[NetChange]) -> list[Topic]:
        """What its user is written to about with it, the most important first; none when they are not any more."""
        preferences = self._preferences(mailing)
        if mailing.reason == Mailing.Reason.UNREAD:
            return [Topic.UNREAD_EXAMS] if preferences.unread_exams_email else []
        heard = {each.category for each in changes if each.course not in preferences.muted_courses}
        categories = heard or {mailing.notification.category}
        in_order = sorted(categories, key=lambda each: (each != mailing.notification.category, each))
        return [Topic(each) for each in in_order if each in preferences.email_on]

    def _preferences(self, mailing: Mailing) -> Preferences:
        user = mailing.notification.user_id
        return self._chosen.get(user) or Preferences(user_id=user)


def _announces(mailing: Mailing) -> bool:
    return mailing.notification.announcement_id is not None


def _tellings(mailings: Sequence[Mailing], now: datetime) -> Tellings:
    """What else these users were to be told of lately by e-mail, by user, object and field."""
    found: Tellings = defaultdict(list)
    others = Mailing.objects.filter(
        notification__user__in={each.notification.user_id for each in mailings},
        notification__change_set__isnull=False,
        created_at__gte=now - LONGEST_LIFE - timedelta(days=1),
    ).select_related("notification")
    for other in others:
        for change in changes_of(other.notification):
            found[other.notification.user_id, change.id, change.field].append(
                Telling(
                    revision=revision_of(other.notification),
                    sent_through=other.told_revision,
                    pending=other.status == Status.PENDING,
                    change=change,
                )
            )
    return found
