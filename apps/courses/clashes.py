"""Which meetings of one person's schedule overlap in time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Self

from apps.courses.schedule import Meeting, monday, span

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Slot:
    """A meeting and the time it takes, in UTC. `clashes` are those that `find` saw meet while it does."""

    meeting: Meeting
    starts_at: datetime
    ends_at: datetime
    clashes: list["Slot"] = field(default_factory=list)

    @classmethod
    def of(cls, meeting: Meeting) -> Self:
        starts_at, ends_at = span(meeting.occurrence, meeting.zone)
        return cls(meeting, starts_at.astimezone(UTC), ends_at.astimezone(UTC))

    @property
    def entry(self) -> Json:
        return self.meeting.entry

    @property
    def held(self) -> bool:
        return self.meeting.occurrence.status != "cancelled"

    @property
    def week(self) -> date:
        """The Monday of the calendar week in which it is held."""
        return monday(self.meeting.occurrence.date)

    @property
    def place(self) -> tuple[float, str, str]:
        """In a schedule."""
        return self.starts_at.timestamp(), self.entry["course__code"], self.entry["id"]

    def overlaps(self, other: Self) -> bool:
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


def find(slots: Iterable[Slot]) -> None:
    """Tell each slot its clashes. What is cancelled clashes with nothing."""
    running: Sequence[Slot] = []
    for slot in sorted((slot for slot in slots if slot.held), key=lambda slot: slot.place):
        running = [other for other in running if other.ends_at > slot.starts_at]
        for other in running:
            if slot.overlaps(other):
                other.clashes.append(slot)
                slot.clashes.append(other)
        running.append(slot)
