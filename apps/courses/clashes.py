"""Which meetings of one person's schedule overlap in time."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any, Self

from apps.courses.schedule import Meeting, week

Json = dict[str, Any]


@dataclass(slots=True, eq=False)
class Slot:
    """A meeting, the time it takes, in UTC, and the calendar week in which it is held."""

    meeting: Meeting
    starts_at: datetime
    ends_at: datetime
    week: int
    place: tuple[float, str, str]  # in a schedule

    @classmethod
    def of(cls, meeting: Meeting) -> Self:
        span, entry = meeting.span, meeting.entry
        place = span.timestamp, entry["course__code"], entry["id"]
        return cls(meeting, *span.utc, week(meeting.occurrence.date), place)

    @property
    def entry(self) -> Json:
        return self.meeting.entry

    @property
    def held(self) -> bool:
        return self.meeting.occurrence.status != "cancelled"

    def overlaps(self, other: Self) -> bool:
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


def find(slots: Iterable[Slot]) -> Mapping[Slot, list[Slot]]:
    """What meets while a slot does, for each that has such. What is cancelled clashes with nothing."""
    found: dict[Slot, list[Slot]] = defaultdict(list)
    running: list[Slot] = []
    for slot in sorted((slot for slot in slots if slot.held), key=attrgetter("place")):
        running = [other for other in running if other.ends_at > slot.starts_at]
        for other in running:
            if slot.overlaps(other):
                found[other].append(slot)
                found[slot].append(other)
        running.append(slot)
    return found
