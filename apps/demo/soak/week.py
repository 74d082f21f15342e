"""A week of the demo faculty, as its course service would tell it: rooms, hours and teachers change, classes are called off, exams move.

Some events are sent twice, some come late, some are of a type Campanile does not know: a course service is like that.
"""

import copy
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from apps.demo.faculty import laid_around

Json = dict[str, Any]
LATE = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Event:
    """The webhook-id and the very bytes, the same for every try."""

    id: str
    body: bytes


class Week:
    """The same `seed` makes the same week. `name` begins every webhook-id, so that two soaks do not meet."""

    def __init__(self, *, name: str, seed: int, now: datetime) -> None:
        self._name = name
        self._random = random.Random(seed)  # noqa: S311  # nothing is guarded by it
        self._number = 0
        self._opening = laid_around(now)
        self._courses: list[Json] = copy.deepcopy(
            [course for event in self._opening for course in event["data"].get("courses", [])]
        )
        self._rooms = sorted({room for entry in self._entries() for room in entry["rooms"]})
        self._today = now.date()

    def opening(self, now: datetime) -> list[Event]:
        """The terms and everything taught in them, before the week begins and again when it is over."""
        events = []
        for event in self._opening:
            data = dict(event["data"])
            if "snapshot_id" in data:
                data["snapshot_id"] = f"{data['snapshot_id']}-{self._name}-{self._number}"
            events.append(self._event(event["type"], data, now))
        return events

    def events(self, clock: Callable[[], datetime]) -> Iterator[Event]:
        """Without end. `clock` says when each happens."""
        last = None
        while True:
            chance = self._random.random()
            if last and chance < 0.04:
                yield last
                continue
            last = self._news(chance, clock())
            yield last

    def _news(self, chance: float, now: datetime) -> Event:
        course = self._random.choice(self._courses)
        if chance < 0.05:
            return self._event("library.opened", {"room": self._random.choice(self._rooms)}, now)
        if chance < 0.07:
            return self._event("course.deleted", {"id": course["id"]}, now)
        if chance < 0.10:
            return self._event("course.updated", course, now - LATE)
        self._change(course)
        return self._event("course.updated", course, now)

    def _change(self, course: Json) -> None:
        changes: list[Callable[[Json], None]] = [self._describe]
        if course["entries"]:
            changes += (
                [self._move_room] * 8 + [self._move_hour] * 3 + [self._replace] * 2 + [self._call_off] * 3
            )
        if course["exams"]:
            changes += [self._move_exam] * 2
        self._random.choice(changes)(course)

    def _move_room(self, course: Json) -> None:
        self._entry(course)["rooms"] = [self._random.choice(self._rooms)]

    def _move_hour(self, course: Json) -> None:
        hour = self._random.randint(8, 18)
        self._entry(course).update(
            weekday=self._random.randint(1, 5), starts_at=f"{hour:02}:15", ends_at=f"{hour + 2:02}:00"
        )

    def _replace(self, course: Json) -> None:
        self._entry(course)["teachers"] = [self._random.choice(course["teachers"] or ["N. N."])]

    def _call_off(self, course: Json) -> None:
        """Its next meeting; the one called off before takes place after all."""
        entry = self._entry(course)
        ahead = (entry["weekday"] - self._today.isoweekday()) % 7 or 7
        day: date = self._today + timedelta(days=ahead)
        entry["exceptions"] = [{"date": day.isoformat(), "status": "cancelled", "note": "Called off."}]

    def _move_exam(self, course: Json) -> None:
        for sitting in self._random.choice(course["exams"])["sittings"]:
            for end in ("starts_at", "ends_at"):
                moved = datetime.fromisoformat(sitting[end]) + timedelta(days=1)
                sitting[end] = moved.isoformat()

    def _describe(self, course: Json) -> None:
        course["description"] = f"Revised {self._number} times this week."

    def _entry(self, course: Json) -> Json:
        entry: Json = self._random.choice(course["entries"])
        return entry

    def _entries(self) -> Iterator[Json]:
        for course in self._courses:
            yield from course["entries"]

    def _event(self, type: str, data: Json, now: datetime) -> Event:
        self._number += 1
        body = {"type": type, "timestamp": now.isoformat(), "data": data}
        return Event(f"{self._name}-{self._number}", json.dumps(body, ensure_ascii=False).encode())
