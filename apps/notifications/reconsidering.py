"""The last look before a push is sent: is it still wanted, and what is the difference by now?"""

import dataclasses
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F

from apps.courses.models import Change, Revision
from apps.notifications.addressees import addressed
from apps.notifications.audience import concerned
from apps.notifications.choices import Choices
from apps.notifications.composition import LONGEST_LIFE
from apps.notifications.devices import REMOVED, SIGNED_OUT
from apps.notifications.models import Notification, Push
from apps.notifications.net_change import NetChange
from apps.users.models import Session

Why = Notification.Why
Key = tuple[uuid.UUID, str]


@dataclasses.dataclass(frozen=True, slots=True)
class Wanted:
    """What to tell now, nothing but itself if it is an announcement; `told_revision` is the revision it speaks of."""

    push: Push
    changes: list[NetChange]
    told_revision: int


@dataclasses.dataclass(frozen=True, slots=True)
class Unwanted:
    push: Push
    why: Notification.Why


@dataclasses.dataclass(frozen=True, slots=True)
class _Telling:
    """One push to one device of one change, now or in the last days. `pending`: it is about to be sent, and not put off."""

    revision: int
    sent_through: int | None
    pending: bool
    change: NetChange


def reconsider(
    pushes: Sequence[Push], choices: Choices, *, now: datetime
) -> tuple[list[Wanted], list[Unwanted]]:
    """`pushes` come with notification, its announcement, device, and the users of both selected."""
    # Read before the values: a change committed in between is told twice rather than never.
    revision = Revision.objects.values_list("n", flat=True).first() or 0
    live = _live_sessions(pushes, now)
    reasons = {push.pk: _unwanted(push, live, now) for push in pushes}
    unwanted = [Unwanted(push, why) for push in pushes if (why := reasons[push.pk])]
    # A test tells of nothing that could have changed, and was asked for just now.
    wanted = [Wanted(push, [], revision) for push in pushes if push.is_test and not reasons[push.pk]]
    told = [push for push in pushes if not push.is_test and not reasons[push.pk]]
    left = [push for push in told if push.notification.change_set_id]
    net = _Net(left, choices, now)
    differing = {push.pk: net.of(push) for push in left}
    unwanted += [Unwanted(push, found) for push in left if isinstance(found := differing[push.pk], Why)]
    announcing = [push for push in told if push.notification.announcement_id]
    asked = [
        *((push, found) for push in left if isinstance(found := differing[push.pk], list)),
        *((push, []) for push in announcing),
    ]
    silenced = {push.pk: choices.silenced(push, changes) for push, changes in asked}
    unwanted += [Unwanted(push, why) for push, _ in asked if (why := silenced[push.pk])]
    announced = [push for push in announcing if not silenced[push.pk]]
    kept = [
        (push, changes)
        for push, changes in asked
        if push.notification.change_set_id and not silenced[push.pk]
    ]
    for push, changes in _still_concerned(kept):
        if changes:
            wanted.append(Wanted(push, changes, revision))
        else:
            unwanted.append(Unwanted(push, Why.UNFOLLOWED))
    # Last, since they are sent in this order.
    still_addressed, for_others = _still_addressed(announced, revision)
    return wanted + still_addressed, unwanted + for_others


def _live_sessions(pushes: Sequence[Push], now: datetime) -> set[uuid.UUID]:
    asked = {push.device.session for push in pushes if push.device.session}
    return set(Session.objects.live(now).filter(pk__in=asked).values_list("pk", flat=True))


def _unwanted(push: Push, live: set[uuid.UUID], now: datetime) -> Notification.Why | None:
    device, user = push.device, push.user
    if not push.is_test and push.notification.announcement and push.notification.announcement.withdrawn:
        return Why.WITHDRAWN
    if push.expires_at <= now:
        return Why.EXPIRED
    if not user.is_active or device.user_id != user.pk:
        return Why.SIGNED_OUT
    if device.retired_at:
        return Why.SIGNED_OUT if device.retired_why in (SIGNED_OUT, REMOVED) else Why.RETIRED
    if device.session and device.session not in live:
        return Why.SIGNED_OUT
    return None


def _still_addressed(pushes: Sequence[Push], revision: int) -> tuple[list[Wanted], list[Unwanted]]:
    asked = {push.notification.announcement_id for push in pushes if push.notification.announcement_id}
    found = addressed(asked, among={push.notification.user_id for push in pushes}) if asked else set()
    wanted, unwanted = [], []
    for push in pushes:
        if (push.notification.announcement_id, push.notification.user_id) in found:
            wanted.append(Wanted(push, [], revision))
        else:
            unwanted.append(Unwanted(push, Why.UNFOLLOWED))
    return wanted, unwanted


class _Net:
    """The net difference, for each device, since it was last told."""

    def __init__(self, pushes: Sequence[Push], choices: Choices, now: datetime) -> None:
        stored = [change for push in pushes for change in _changes(push.notification)]
        self.now_values = _current(stored)
        self.tellings = _tellings(pushes, choices, now)

    def of(self, push: Push) -> list[NetChange] | Notification.Why:
        """The changes left to tell, or why there are none."""
        left: list[NetChange] = []
        why = Why.UNDONE
        for change in _changes(push.notification):
            now = self._now(push, change)
            if isinstance(now, NetChange):
                left.append(now)
            elif now is Why.TOLD:
                why = Why.TOLD
        return left or why

    def _now(self, push: Push, change: NetChange) -> NetChange | Notification.Why:
        revision = _revision(push.notification)
        others = self.tellings[push.device_id, change.id, change.field]
        if any((each.sent_through or 0) >= revision for each in others):
            return Why.TOLD
        if change.field and self.now_values.get((change.id, ""), change) is None:
            # The object is gone; that is another message.
            return Why.TOLD
        known = max((each.sent_through for each in others if each.sent_through), default=0)
        untold = [each for each in others if each.sent_through is None and known < each.revision < revision]
        old = min(untold, key=lambda each: each.revision).change.old if untold else change.old
        new = self.now_values.get((change.id, change.field), change.new)
        if _same(old, new):
            return Why.UNDONE
        if any(each.pending and each.revision > revision for each in others):
            # The later message tells both.
            return Why.TOLD
        if old is not None and new is not None and not change.field:
            return change
        return dataclasses.replace(change, old=old, new=new)


def _changes(notification: Notification) -> list[NetChange]:
    return [NetChange.from_json(stored) for stored in notification.changes]


def _revision(notification: Notification) -> int:
    assert notification.change_set_id is not None, "an announcement has no differences"
    return notification.change_set_id


def _current(changes: Iterable[NetChange]) -> dict[Key, Any]:
    """The value each field of their objects has now, as the ledger says. When a course comes or goes, so do its entries and exams, without rows of theirs."""
    courses = {change.id: change.course for change in changes}
    latest = list(
        Change.objects.filter(object_id__in=[*courses, *filter(None, courses.values())])
        .order_by("object_id", "field", "-id")
        .distinct("object_id", "field")
    )
    found = {(change.object_id, change.field): change.new for change in latest}
    whole = {change.object_id: change for change in latest if change.field == "" and change.kind == "course"}
    last: dict[uuid.UUID, int] = defaultdict(int)
    for change in latest:
        last[change.object_id] = max(last[change.object_id], change.pk)
    for id, course in courses.items():
        row = whole.get(course) if course and course != id else None
        if row and row.pk > last[id]:
            document = row.new or {}
            parts = [*document.get("entries", []), *document.get("exams", [])]
            part = next((part for part in parts if part["id"] == str(id)), None)
            found |= {(id, ""): part} | {(id, field): value for field, value in (part or {}).items()}
    return found


def _tellings(
    pushes: Sequence[Push], choices: Choices, now: datetime
) -> dict[tuple[uuid.UUID, uuid.UUID, str], list[_Telling]]:
    """What else these devices were to tell their users of today lately, by device, object and field."""
    found: dict[tuple[uuid.UUID, uuid.UUID, str], list[_Telling]] = defaultdict(list)
    since = now - LONGEST_LIFE - timedelta(days=1)
    others = Push.objects.filter(
        device__in={push.device_id for push in pushes},
        notification__change_set__isnull=False,
        notification__user=F("device__user"),
        created_at__gte=since,
    ).select_related("notification")
    for other in others:
        sent = other.told_revision if other.status == Push.Status.SENT else None
        pending = other.status == Push.Status.PENDING and choices.wait(other, now) is None
        for change in _changes(other.notification):
            found[other.device_id, change.id, change.field].append(
                _Telling(
                    revision=_revision(other.notification),
                    sent_through=sent,
                    pending=pending,
                    change=change,
                )
            )
    return found


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, dict) and isinstance(new, dict):
        return _without_clock(old) == _without_clock(new)
    return bool(old == new)


def _without_clock(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != "updated_at"}


def _still_concerned(
    kept: Iterable[tuple[Push, list[NetChange]]],
) -> Iterable[tuple[Push, list[NetChange]]]:
    """Each push with the changes that still concern its user."""
    kept = list(kept)
    distinct: dict[tuple[int, uuid.UUID, str], int] = {}
    asked: list[NetChange] = []
    for push, changes in kept:
        for change in changes:
            key = (_revision(push.notification), change.id, change.field)
            if key not in distinct:
                distinct[key] = len(asked)
                asked.append(change)
    followers = concerned(asked, among={push.notification.user_id for push, _ in kept}) if asked else {}
    for push, changes in kept:
        revision, mine = _revision(push.notification), set(followers.get(push.notification.user_id, ()))
        yield push, [c for c in changes if distinct[revision, c.id, c.field] in mine]
