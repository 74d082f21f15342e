"""One person's schedule: what their enrolments are about, with its clashes and the ways out of them."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from apps.courses import clashes, reading, schedule
from apps.courses.clashes import Slot
from apps.courses.enrolments import concerned_entries
from apps.courses.models import Entry
from apps.courses.parallels import Parallels

Json = dict[str, Any]


class PersonalSchedule:
    """`shown` are the meetings with a date in the range, by start; `beside`, all those of the weeks in which they are held."""

    def __init__(self, user_id: UUID, days: schedule.DateRange) -> None:
        self._days = days
        _, found = reading.rows(**schedule.sources(concerned_entries(user_id), self._days))
        slots = [Slot.of(meeting) for meeting in schedule.all_meetings(found)]
        shown = [slot for slot in slots if days.meets(slot.meeting.occurrence.dates())]
        weeks = {slot.week for slot in shown}
        self.shown = sorted(shown, key=lambda slot: slot.place)
        self._beside = [slot for slot in slots if slot.week in weeks]
        clashes.find(self._beside)

    def items(self, slots: Sequence[Slot]) -> list[Json]:
        """Some of `shown` as the API lists them. Parallel groups are read for these alone, and only if there is a clash."""
        parallels = self._parallels([slot for slot in slots if slot.clashes])
        return [
            {
                **slot.meeting.item(),
                "clashes": list(dict.fromkeys(other.entry["id"] for other in slot.clashes)),
                "alternatives": list(parallels.instead_of(slot)) if slot.clashes else [],
            }
            for slot in slots
        ]

    def _parallels(self, clashing: Sequence[Slot]) -> Parallels:
        if not clashing:
            return Parallels([], [])
        weeks: set[date] = {slot.week for slot in clashing}
        courses = {slot.entry["course_id"] for slot in clashing}
        entries = Entry.objects.filter(course__in=courses)
        _, found = reading.rows(**schedule.sources(entries, self._days))
        offered = (Slot.of(meeting) for meeting in schedule.all_meetings(found))
        return Parallels(self._beside, [slot for slot in offered if slot.week in weeks])
