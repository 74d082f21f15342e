"""One person's schedule: what their enrolments are about, with its clashes and the ways out of them."""

from collections.abc import Sequence
from datetime import date
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.courses import reading, schedule
from apps.courses.clashes import Slot, find
from apps.courses.enrolments import concerned_entries
from apps.courses.models import Entry
from apps.courses.parallels import Parallels

Json = dict[str, Any]


def _sources(user: UUID, first: date, last: date) -> dict[str, QuerySet[Any, Any]]:
    days = schedule.DateRange(first, last)
    followed, of_term = (schedule.sources(entries, days) for entries in concerned_entries(user))
    return {**followed, "entries": followed["entries"].union(of_term["entries"], all=True)}


_SOURCES = reading.PreparedRows(
    _sources,
    stand_ins=(
        {"user": UUID(int=1), "first": date(1, 1, 1), "last": date(1, 1, 2)},
        {"user": UUID(int=2), "first": date(2, 1, 1), "last": date(2, 1, 2)},
    ),
)


class PersonalSchedule:
    """`shown` are the meetings with a date in the range, by start."""

    def __init__(self, user_id: UUID, days: schedule.DateRange) -> None:
        _, found = _SOURCES.read(user=user_id, first=days.first, last=days.last)
        entries = {entry["id"]: entry for entry in found["entries"]}  # several rules may have found one
        timetable = schedule.Timetable({**found, "entries": list(entries.values())})
        # What is shown may be held outside the range, if it was moved there.
        asked = list(timetable.meetings(days))
        held = [meeting.occurrence.date for meeting in asked]
        self._days = schedule.DateRange.weeks_of([days.first, days.last, *held])
        meetings = asked if self._days == days else timetable.meetings(self._days)
        self._slots = [Slot.of(meeting) for meeting in meetings]
        shown = [
            slot for slot in self._slots if slot.meeting.occurrence.has_date_within(days.first, days.last)
        ]
        self.shown = sorted(shown, key=attrgetter("place"))

    def items(self, slots: Sequence[Slot]) -> list[Json]:
        """Some of `shown` as the API lists them, looked at within the whole weeks in which they are held, be they in the range or not.

        Clashes are found for these alone, and parallel groups are read only if there are any.
        """
        weeks = {slot.week for slot in slots}
        beside = [slot for slot in self._slots if slot.week in weeks]
        clashes = find(beside)
        parallels = self._parallels([slot for slot in slots if slot in clashes], beside)
        items = [slot.meeting.item() for slot in slots]
        for slot, item in zip(slots, items, strict=True):
            beside_it = clashes.get(slot, ())
            item["clashes"] = list(dict.fromkeys([other.entry["id"] for other in beside_it]))
            item["alternatives"] = list(parallels.instead_of(slot)) if beside_it else []
        return items

    def _parallels(self, clashing: Sequence[Slot], beside: Sequence[Slot]) -> Parallels:
        if not clashing:
            return Parallels([], [])
        weeks = {slot.week for slot in clashing}
        entries = Entry.objects.filter(course__in={slot.entry["course_id"] for slot in clashing})
        _, found = reading.rows(**schedule.sources(entries, self._days))
        offered = (Slot.of(meeting) for meeting in schedule.Timetable(found).meetings(self._days))
        return Parallels(beside, [slot for slot in offered if slot.week in weeks])
