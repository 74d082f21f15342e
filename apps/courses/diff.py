"""The difference between two public documents as ledger rows, with the days on which students meet it."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence, Set
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from apps.courses.models import Change
from apps.courses.timetable import NO_TERM, Calendar, meeting_days, occurrences

Json = dict[str, Any]


@dataclasses.dataclass(slots=True, kw_only=True)
class NewChange:
    """A row of the ledger before it is written, under the names of Change: making the model would take thirty times as long."""

    kind: Change.Kind
    object_id: UUID
    course_id: UUID | None = None
    term_id: UUID | None = None
    field: str = ""
    old: Any = None
    new: Any = None
    dates: Sequence[date] = ()
    change_set_id: int | None = None


# When the source last touched an object is not a change of it.
_NOT_LEDGERED = {"id", "external_id", "updated_at", "entries", "exams"}


@dataclasses.dataclass(frozen=True, slots=True)
class TermDays:
    """What the ledger needs of a term to tell which days a change touches."""

    calendar: Calendar
    zone: ZoneInfo
    _regular: dict[object, frozenset[date]] = dataclasses.field(default_factory=dict)

    @classmethod
    def of(cls, term: Json | None) -> "TermDays":
        """Of a term's public document; a term not yet known has no days."""
        return (
            cls(Calendar(term), ZoneInfo(term["time_zone"]))
            if term
            else cls(Calendar(NO_TERM), ZoneInfo("UTC"))
        )

    def meeting_days(self, entry: Json) -> Set[date]:
        """Those of an entry without exceptions, as most are, it shares with all that meet on its weekday in its weeks."""
        if entry["exceptions"]:
            return meeting_days(entry, self.calendar)
        weeks = None if entry["weeks"] is None else tuple(entry["weeks"])
        meets = (entry["weekday"], weeks, entry["valid_from"], entry["valid_until"])
        if meets not in self._regular:
            self._regular[meets] = frozenset(meeting_days(entry, self.calendar))
        return self._regular[meets]


def term_changes(*, id: UUID, old: Json | None, new: Json) -> Iterator[NewChange]:
    """The days are those taught differently: a holiday moved, a Friday taught as a Monday."""
    if old is None:
        yield NewChange(kind=Change.Kind.TERM, term_id=id, object_id=id, new=new)
        return
    before, after = Calendar(old).by_weekday, Calendar(new).by_weekday
    days = {day.date for weekday in before for day in set(before[weekday]) ^ set(after[weekday])}
    for field in _differing(old, new):
        yield NewChange(
            kind=Change.Kind.TERM,
            term_id=id,
            object_id=id,
            field=field,
            old=old[field],
            new=new[field],
            dates=sorted(days),
        )


def course_changes(
    *, id: UUID, old: Json | None, new: Json | None, before: TermDays, after: TermDays
) -> Iterator[NewChange]:
    """`old` and `new` are public documents, None for a course that is not there. `before` and `after` are their terms' days."""
    if old is None or new is None:
        days = _course_days(new, after) if new else _course_days(old, before) if old else set()
        yield NewChange(
            kind=Change.Kind.COURSE, course_id=id, object_id=id, old=old, new=new, dates=sorted(days)
        )
        return
    for field in _differing(old, new):
        # In another term it is lost to groups of the one and new to groups of the other, on all its days.
        days = _course_days(old, before) | _course_days(new, after) if field == "term" else set()
        yield NewChange(
            kind=Change.Kind.COURSE,
            course_id=id,
            object_id=id,
            field=field,
            old=old[field],
            new=new[field],
            dates=sorted(days),
        )
    for was, now in _pairs(old["entries"], new["entries"]):
        if was != now:
            yield from _part_changes(
                Change.Kind.ENTRY, id, was, now, _differing_days(was, now, before, after)
            )
    for was, now in _pairs(old["exams"], new["exams"]):
        if was != now:
            yield from _part_changes(
                Change.Kind.EXAM, id, was, now, _exam_days(was, before) | _exam_days(now, after)
            )


def _part_changes(
    kind: Change.Kind, course: UUID, old: Json | None, new: Json | None, days: Set[date]
) -> Iterator[NewChange]:
    present = new or old
    if present is None:
        return
    row: Json = {"kind": kind, "course_id": course, "object_id": UUID(present["id"]), "dates": sorted(days)}
    if old is None or new is None:
        yield NewChange(**row, old=old, new=new)
        return
    for field in _differing(old, new):
        yield NewChange(**row, field=field, old=old[field], new=new[field])


def _differing(old: Json, new: Json) -> Iterator[str]:
    return (field for field in new if field not in _NOT_LEDGERED and old.get(field) != new[field])


def _pairs(old: list[Json], new: list[Json]) -> Iterable[tuple[Json | None, Json | None]]:
    was, now = {part["id"]: part for part in old}, {part["id"]: part for part in new}
    return [(was.get(id), now.get(id)) for id in {**was, **now}]


def _course_days(course: Json, term: TermDays) -> set[date]:
    return set().union(
        *(_entry_days(entry, term) for entry in course["entries"]),
        *(_exam_days(exam, term) for exam in course["exams"]),
    )


def _entry_days(entry: Json | None, term: TermDays) -> Set[date]:
    return term.meeting_days(entry) if entry else frozenset()


def _differing_days(old: Json | None, new: Json | None, before: TermDays, after: TermDays) -> Set[date]:
    """On which the entry meets in another way, or on only one side. A meeting that stays as it was drops out of the difference."""
    if old is None or new is None:
        return _entry_days(old, before) | _entry_days(new, after)
    if not old["exceptions"] and not new["exceptions"]:
        # Every meeting is like the next, as with most entries: their days tell it all.
        was, now = _entry_days(old, before), _entry_days(new, after)
        return was ^ now if all(old[field] == new[field] for field in _MEETING) else was | now
    return {day for _, day in _meetings(old, before) ^ _meetings(new, after)}


_MEETING = ("kind", "online_url", "groups", "starts_at", "ends_at", "rooms", "teachers")


def _meetings(entry: Json, term: TermDays) -> set[tuple[object, date]]:
    """Each with its days."""
    seen = (entry["kind"], entry["online_url"], tuple(entry["groups"]))
    return {
        ((seen, meeting), day) for meeting in occurrences(entry, term.calendar) for day in meeting.dates()
    }


def _exam_days(exam: Json | None, term: TermDays) -> set[date]:
    if exam is None:
        return set()
    return {
        datetime.fromisoformat(sitting["starts_at"]).astimezone(term.zone).date()
        for sitting in exam["sittings"]
    }
