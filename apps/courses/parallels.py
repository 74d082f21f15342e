"""Parallel groups: who a person could join instead, where what they follow clashes.

A group of the same course is offered when it has an entry of the same kind that is not for the person's own group, and when nothing the
group would bring in that calendar week overlaps what the person keeps: all meetings of other courses, and those of the course itself
that are for everybody or for that group. Hidden entries are offered like others, since people hide what they do not attend.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from apps.courses.clashes import Slot
from apps.courses.schedule import when_and_where

Json = dict[str, Any]


class Parallels:
    """`own` is everything the person has in the weeks asked about, `offered` everything that the clashing courses have in them."""

    def __init__(self, own: Iterable[Slot], offered: Iterable[Slot]) -> None:
        self._own: dict[date, list[Slot]] = defaultdict(list)
        self._offered: dict[tuple[str, date], list[Slot]] = defaultdict(list)
        for slot in own:
            if slot.held:
                # Two terms may lie in two zones, so what overlaps is found by the day in UTC.
                for day in {slot.starts_at.date(), slot.ends_at.date()}:
                    self._own[day].append(slot)
        for slot in offered:
            if slot.held:
                self._offered[slot.entry["course_id"], slot.week].append(slot)

    def instead_of(self, slot: Slot) -> Iterator[Json]:
        """The meetings that fit, by start, each with the groups that one may follow in order to go there."""
        groups = set(slot.entry["groups"])
        # An entry without groups is everybody's: nobody has another one instead.
        others = [
            other
            for other in self._offered[slot.entry["course_id"], slot.week]
            if groups and other.entry["groups"] and groups.isdisjoint(other.entry["groups"])
        ]
        parallel = [other for other in others if other.entry["kind"] == slot.entry["kind"]]
        fitting = {
            group for other in parallel for group in other.entry["groups"] if self._fits(group, slot, others)
        }
        for other in sorted(parallel, key=lambda other: other.place):
            if joinable := [group for group in other.entry["groups"] if group in fitting]:
                yield {
                    "entry": other.entry["id"],
                    "kind": other.entry["kind"],
                    "groups": joinable,
                    **when_and_where(other.meeting.occurrence, other.meeting.zone),
                }

    def _fits(self, group: str, instead_of: Slot, others: Sequence[Slot]) -> bool:
        gained = [other for other in others if group in other.entry["groups"]]
        entries = {slot.entry["id"] for slot in gained}
        return not any(
            slot.overlaps(other)
            for slot in gained
            for other in (*self._kept(slot, group, instead_of, entries), *gained)
            if other is not slot
        )

    def _kept(self, beside: Slot, group: str, instead_of: Slot, gained: Collection[str]) -> Iterator[Slot]:
        for day in {beside.starts_at.date(), beside.ends_at.date()}:
            for slot in self._own[day]:
                groups = slot.entry["groups"]
                elsewhere = slot.entry["course_id"] != instead_of.entry["course_id"]
                if (elsewhere or not groups or group in groups) and slot.entry["id"] not in gained:
                    yield slot
