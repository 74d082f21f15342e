"""A difference worth telling: what a user was last told against what holds now."""

import dataclasses
import uuid
from datetime import date
from typing import Any

# What a user may switch off: a headline has the category of what it is about.
CATEGORIES_OF_OBJECTS = {"term": "schedule", "course": "courses", "entry": "schedule", "exam": "exams"}


@dataclasses.dataclass(frozen=True, slots=True)
class NetChange:
    """One field of one object, as in the ledger; the empty field is the whole object.

    `everyone`: it concerns all followers of the course, else those of `groups`. `course_groups` are all groups the course has or
    had, which says whom a followed group of the term brings along.
    """

    object: str
    id: uuid.UUID
    field: str
    old: Any
    new: Any
    dates: tuple[date, ...]
    course: uuid.UUID | None
    term: uuid.UUID | None
    everyone: bool = True
    groups: tuple[str, ...] = ()
    course_groups: tuple[str, ...] = ()

    @property
    def category(self) -> str:
        return CATEGORIES_OF_OBJECTS[self.object]

    @property
    def former_term(self) -> uuid.UUID | None:
        """Of a course that went to another term, the one it left."""
        moved = self.object == "course" and self.field == "term" and self.old
        return uuid.UUID(self.old) if moved else None

    def to_json(self) -> dict[str, Any]:
        return {
            "object": self.object,
            "id": str(self.id),
            "field": self.field,
            "old": self.old,
            "new": self.new,
            "dates": [day.isoformat() for day in self.dates],
            "course": str(self.course) if self.course else None,
            "term": str(self.term) if self.term else None,
            "everyone": self.everyone,
            "groups": list(self.groups),
            "course_groups": list(self.course_groups),
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "NetChange":
        return cls(
            object=stored["object"],
            id=uuid.UUID(stored["id"]),
            field=stored["field"],
            old=stored["old"],
            new=stored["new"],
            dates=tuple(date.fromisoformat(day) for day in stored["dates"]),
            course=uuid.UUID(stored["course"]) if stored["course"] else None,
            term=uuid.UUID(stored["term"]) if stored["term"] else None,
            everyone=stored["everyone"],
            groups=tuple(stored["groups"]),
            course_groups=tuple(stored["course_groups"]),
        )
