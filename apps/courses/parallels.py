"""Parallel groups: who a person could join instead, where what they follow clashes.

A group of the same course is offered when it has an entry of the same kind that is not for the person's own group, and when nothing the
group would bring in that calendar week overlaps what the person keeps: all meetings of other courses, and those of the course itself
that are for everybody or for that group. Hidden entries are offered like others, since people hide what they do not attend.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from apps.courses.clashes import Slot

Json = dict[str, Any]


class Parallels:
    """`own` is everything the person has in the weeks asked about, `offered` everything that the clashing courses have in them."""

    def __init__(self, own: Iterable[Slot], offered: Iterable[Slot]) -> None:
        self._own: dict[date, list[Slot]] = defaultdict(list)
        self._beside: dict[Slot, list[Slot]] = {}
        self._offered: dict[tuple[str, int], list[Slot]] = defaultdict(list)
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
                    **other.meeting.when_and_where(),
                }

    def _fits(self, group: str, instead_of: Slot, others: Sequence[Slot]) -> bool:
        gained = [other for other in others if group in other.entry["groups"]]
        entries = {slot.entry["id"] for slot in gained}
        course = instead_of.entry["course_id"]

        def kept(slot: Slot) -> bool:
            groups = slot.entry["groups"]
            stays = slot.entry["course_id"] != course or not groups or group in groups
            return stays and slot.entry["id"] not in entries

        return not any(
            any(map(kept, self._own_beside(slot)))
            or any(slot.overlaps(other) for other in gained if other is not slot)
            for slot in gained
        )

    def _own_beside(self, slot: Slot) -> list[Slot]:
        """What the person has while it meets. Asked for every group again, so it is remembered."""
        if slot not in self._beside:
            days = {slot.starts_at.date(), slot.ends_at.date()}
            self._beside[slot] = [own for day in days for own in self._own[day] if slot.overlaps(own)]
        return self._beside[slot]
