"""The invented students, as students.json lists them."""

import json
from dataclasses import dataclass
from pathlib import Path

STUDENTS = Path(__file__).parent / "students.json"


@dataclass(frozen=True, slots=True)
class Student:
    """`courses` are the course service's ids, `phones` platforms. The first student is the one to sign in as."""

    email: str
    first_name: str
    last_name: str
    language: str
    group: str
    courses: list[str]
    phones: list[str]


def load_students() -> list[Student]:
    return [Student(**row) for row in json.loads(STUDENTS.read_text(encoding="utf-8"))]
