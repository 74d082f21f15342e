"""The last look before a push is sent: is it still wanted, and what is the difference by now?"""

import dataclasses
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from apps.courses.models import Change, Revision
from apps.notifications.addressees import addressed
from apps.notifications.audience import concerned
from apps.notifications.choices import Choices
from apps.notifications.claimed import Claimed, Told, of_changes
from apps.notifications.composition import LONGEST_LIFE
from apps.notifications.devices import REMOVED, SIGNED_OUT
from apps.notifications.last_look import look_at_reminders
from apps.notifications.models import Mailing, Notification, Push
from apps.notifications.net_change import NetChange
from apps.notifications.wanted import Unwanted, Wanted
from apps.users.models import Session

Why = Notification.Why
Message = Notification | Told
Key = tuple[uuid.UUID, str]
S = TypeVar("S", Claimed, Mailing)


@dataclasses.dataclass(frozen=True, slots=True)
class Telling:
    """One sending of one change to one device or mailbox, now or in the last days. `pending`: it is about to be sent, and not put off."""

    revision: int
    sent_through: int | None
    pending: bool
    change: NetChange


# By what was or is to be told so, object and field.
Tellings = dict[tuple[uuid.UUID, uuid.UUID, str], list[Telling]]


def reconsider(
    pushes: Sequence[Claimed], choices: Choices, *, now: datetime
) -> tuple[list[Wanted], list[Unwanted]]:
    # Read before the values: a change committed in between is told twice rather than never.
    revision = Revision.objects.values_list("n", flat=True).first() or 0
    live = _live_sessions(pushes, now)
    unwanted: list[Unwanted] = []
    may_ring: list[Claimed] = []
    for push in pushes:
        if why := _unwanted(push, live, now):
            unwanted.append(Unwanted(push, why))
        else:
            may_ring.append(push)
    # A test tells of nothing that could have changed, and was asked for just now.
    wanted = [Wanted(push, [], revision) for push in may_ring if push.is_test]
    reminding = [(push, reminder) for push in may_ring if (reminder := push.reminder)]
    reminded, for_none = look_at_reminders(reminding, choices, now=now, revision=revision)
    unwanted += for_none
    told = [(push, push.notification) for push in may_ring if push.notification_id]
    asked: list[tuple[Claimed, list[NetChange]]] = [(push, []) for push, each in told if each.announcement_id]
    left = [(push, each) for push, each in told if each.change_set_id]
    net = Net([each for _, each in left], _tellings([push for push, _ in left], choices, now))
    for push, each in left:
        found = net.of(each, push.device.pk)
        if isinstance(found, list):
            asked.append((push, found))
        else:
            unwanted.append(Unwanted(push, found))
    announced: list[Claimed] = []
    kept: list[tuple[Claimed, list[NetChange]]] = []
    for push, changes in asked:
        if why := choices.silenced(push, changes):
            unwanted.append(Unwanted(push, why))
        elif changes:
            kept.append((push, changes))
        else:
            announced.append(push)
    for push, changes in still_concerned(kept):
        if changes:
            wanted.append(Wanted(push, changes, revision))
        else:
            unwanted.append(Unwanted(push, Why.UNFOLLOWED))
    still_addressed, for_others = _still_addressed(announced, revision)
    # They are sent in this order.
    in_order = sorted(reminded + wanted + still_addressed, key=lambda each: each.push.bulk)
    return in_order, unwanted + for_others


def _live_sessions(pushes: Sequence[Claimed], now: datetime) -> set[uuid.UUID]:
    if not (asked := {session for push in pushes if (session := push.device.session)}):
        return set()
    return set(Session.objects.live(now).filter(pk__in=asked).values_list("pk", flat=True))


def _unwanted(push: Claimed, live: set[uuid.UUID], now: datetime) -> Notification.Why | None:
    device, user = push.device, push.user
    if push.announcement and push.announcement.withdrawn:
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


def _still_addressed(pushes: Sequence[Claimed], revision: int) -> tuple[list[Wanted], list[Unwanted]]:
    told = [push.notification for push in pushes]
    addresses = [(each.announcement_id, each.user_id) for each in told]
    asked = {announcement for announcement, _ in addresses if announcement}
    found = addressed(asked, among={user for _, user in addresses}) if asked else set()
    wanted, unwanted = [], []
    for push, address in zip(pushes, addresses, strict=True):
        if address in found:
            wanted.append(Wanted(push, [], revision))
        else:
            unwanted.append(Unwanted(push, Why.UNFOLLOWED))
    return wanted, unwanted


class Net:
    """The net difference, for each device or mailbox, since it was last told."""

    def __init__(self, notifications: Iterable[Message], tellings: Tellings) -> None:
        self.now_values = _current([change for each in notifications for change in changes_of(each)])
        self.tellings = tellings

    def of(self, notification: Message, told: uuid.UUID) -> list[NetChange] | Notification.Why:
        """The changes left to tell, or why there are none. `told` is what the tellings know the device or mailbox by."""
        left: list[NetChange] = []
        why = Why.UNDONE
        for change in changes_of(notification):
            now = self._now(notification, told, change)
            if isinstance(now, NetChange):
                left.append(now)
            elif now is Why.TOLD:
                why = Why.TOLD
        return left or why

    def _now(self, notification: Message, told: uuid.UUID, change: NetChange) -> NetChange | Notification.Why:
        revision = revision_of(notification)
        others = self.tellings[told, change.id, change.field]
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


def changes_of(notification: Message) -> list[NetChange]:
    return [NetChange.from_json(stored) for stored in notification.changes]


def revision_of(notification: Message) -> int:
    assert notification.change_set_id is not None, "an announcement has no differences"
    return notification.change_set_id


def _current(changes: Iterable[NetChange]) -> dict[Key, Any]:
    """The value each field of their objects has now, as the ledger says. When a course comes or goes, so do its entries and exams, without rows of theirs."""
    if not (courses := {change.id: change.course for change in changes}):
        return {}
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


def _tellings(pushes: Sequence[Claimed], choices: Choices, now: datetime) -> Tellings:
    """What else these devices were to tell their users of today lately, by device, object and field."""
    found: Tellings = defaultdict(list)
    if not pushes:
        return found
    since = now - LONGEST_LIFE - timedelta(days=1)
    for other in of_changes({push.device.pk for push in pushes}, since=since):
        sent = other.told_revision if other.status == Push.Status.SENT else None
        pending = other.status == Push.Status.PENDING and choices.wait(other, now) is None
        for change in changes_of(other.notification):
            found[other.device.pk, change.id, change.field].append(
                Telling(
                    revision=revision_of(other.notification),
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


def still_concerned(kept: Iterable[tuple[S, list[NetChange]]]) -> Iterable[tuple[S, list[NetChange]]]:
    """Each sending with the changes that still concern its user."""
    kept = list(kept)
    distinct: dict[tuple[int, uuid.UUID, str], int] = {}
    asked: list[NetChange] = []
    for push, changes in kept:
        for change in changes:
            key = (revision_of(push.notification), change.id, change.field)
            if key not in distinct:
                distinct[key] = len(asked)
                asked.append(change)
    followers = concerned(asked, among={push.notification.user_id for push, _ in kept}) if asked else {}
    for push, changes in kept:
        revision, mine = revision_of(push.notification), set(followers.get(push.notification.user_id, ()))
        yield push, [c for c in changes if distinct[revision, c.id, c.field] in mine]
