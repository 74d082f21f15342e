"""From ledger fields to news: one headline for each thing that happened to one object."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from apps.notifications.net_change import NetChange

# The most important first; the category decides the Android channel and, for a user, what may ring.
CATEGORIES = {
    "course_removed": "courses",
    "occurrence_cancelled": "schedule",
    "entry_removed": "schedule",
    "exam_removed": "exams",
    "exam_moved": "exams",
    "occurrence_moved": "schedule",
    "entry_moved": "schedule",
    "entry_room": "schedule",
    "exam_added": "exams",
    "occurrence_added": "schedule",
    "occurrence_restored": "schedule",
    "entry_added": "schedule",
    "course_added": "courses",
    "entry_changed": "schedule",
    "exam_changed": "exams",
    "course_changed": "courses",
    "term_changed": "schedule",
}
_RANK = {kind: rank for rank, kind in enumerate(CATEGORIES)}


@dataclasses.dataclass(frozen=True, slots=True)
class Headline:
    """`old` and `new` are the object before and after, or the occurrence of `day`; None when there was or is none.

    `note` is what the source says of this occurrence.
    """

    kind: str
    change: NetChange
    old: dict[str, Any] | None
    new: dict[str, Any] | None
    day: date | None
    note: str = ""

    @property
    def category(self) -> str:
        return CATEGORIES[self.kind]


def headlines(changes: Iterable[NetChange], states: dict[str, Any], *, today: date) -> list[Headline]:
    """`states` are the objects as params keep them, see subjects.py. Empty when all of it is about days that are over."""
    by_object: dict[Any, list[NetChange]] = {}
    for change in changes:
        by_object.setdefault(change.id, []).append(change)
    news = [item for group in by_object.values() for item in _of_object(group, states, today)]
    came_or_left = {item.change.course for item in news if item.kind in ("course_added", "course_removed")}
    told = [item for item in news if item.change.object == "course" or item.change.course not in came_or_left]
    return sorted(told, key=lambda item: (_RANK[item.kind], item.day or date.max, str(item.change.id)))


def _of_object(changes: Sequence[NetChange], states: dict[str, Any], today: date) -> Iterator[Headline]:
    first = changes[0]
    day = min((day for change in changes for day in change.dates if day >= today), default=None)
    if first.field == "":
        event = "added" if first.old is None else "removed"
        yield Headline(f"{first.object}_{event}", first, first.old, first.new, day)
        return
    state = states.get(str(first.id), {})
    old = {**state, **{change.field: change.old for change in changes}}
    new = {**state, **{change.field: change.new for change in changes}}
    fields = {change.field for change in changes}
    if "exceptions" in fields:
        change = next(change for change in changes if change.field == "exceptions")
        yield from _occurrences(change, old, new, today)
        fields.discard("exceptions")
    if fields:
        rest = next(change for change in changes if change.field in fields)
        yield Headline(_kind(first.object, fields), rest, old, new, day)


def _kind(of: str, fields: set[str]) -> str:
    if of == "entry" and fields & {"weekday", "starts_at", "ends_at"}:
        return "entry_moved"
    if of == "entry" and "rooms" in fields:
        return "entry_room"
    if of == "exam" and "sittings" in fields:
        return "exam_moved"
    return f"{of}_changed"


def _occurrences(
    change: NetChange, old: dict[str, Any], new: dict[str, Any], today: date
) -> Iterator[Headline]:
    """One headline for each date whose exception differs; days that are over are no news."""
    before, after = _by_date(change.old), _by_date(change.new)
    for key in sorted(before.keys() | after.keys()):
        was, now = before.get(key), after.get(key)
        day = date.fromisoformat(key[0])
        last = max([day, *(date.fromisoformat(e["new_date"]) for e in (was, now) if e and e.get("new_date"))])
        if was == now or last < today:
            continue
        note = (now or {}).get("note") or ""
        yield Headline(
            _occurrence_kind(was, now), change, _held(old, was, key), _held(new, now, key), day, note
        )


def _by_date(exceptions: Any) -> dict[tuple[str, bool], dict[str, Any]]:
    """A date may have an added meeting beside what its regular one has become."""
    return {(each["date"], each["status"] == "added"): each for each in exceptions or []}


def _occurrence_kind(was: dict[str, Any] | None, now: dict[str, Any] | None) -> str:
    if now is None:
        return "occurrence_cancelled" if was and was["status"] == "added" else "occurrence_restored"
    return "occurrence_moved" if was and now["status"] == "added" else f"occurrence_{now['status']}"


def _held(
    entry: dict[str, Any], exception: dict[str, Any] | None, key: tuple[str, bool]
) -> dict[str, Any] | None:
    """The occurrence of that date as the exception has it; a cancelled one is not held, an added one only by its exception."""
    date_, added = key
    if exception is None:
        return None if added else {**entry, "date": date_}
    if exception["status"] == "cancelled":
        return None
    given = {
        k: exception[k] for k in ("starts_at", "ends_at", "rooms", "teachers") if exception.get(k) is not None
    }
    return {**entry, **given, "date": exception.get("new_date") or date_}
