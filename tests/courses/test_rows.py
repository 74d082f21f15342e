"""Rows hold what the documents say, whether they were copied, updated or written by somebody else meanwhile."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from apps.courses.models import Course, Entry, Exam, Revision
from apps.courses.models.sourced import Json
from tests.courses.findable import findable
from tests.factories.documents import api_id, course, entry, exam, put_course, put_snapshot, put_term
from tests.together import together

ODD = "tab\t newline\n return\r backslash\\ \\N \"quoted\" 'too' {braces}, čćž 🎓"
ODD_TEXTS = [ODD, "", "NULL", "\\", '"', "{}", ",", " "]
FULL: Json = {
    "title": ODD,
    "description": "\\N",
    "translations": {"sr": {"title": ODD}},
    "credits": 7.5,
    "year": 2,
    "teachers": ODD_TEXTS,
    "entries": [
        entry(
            rooms=ODD_TEXTS,
            teachers=[],
            groups=["\\", "101"],
            weeks=[1, 3],
            valid_from="2026-10-05",
            online_url="https://faculty.example/\\",
            exceptions=[{"date": "2026-10-12", "status": "cancelled", "note": ODD}],
        ),
        entry("exercise"),
    ],
    "exams": [exam(note=ODD)],
}


def _agree(rows: list[Any], served: list[Json]) -> None:
    """Each row with what is served of it, field by field, as JSON has it."""
    assert [row.position for row in rows] == list(range(len(served)))
    for row, part in zip(rows, served, strict=True):
        for name, value in part.items():
            found = getattr(row, name)
            if name.endswith("_at"):
                found = found.strftime("%H:%M")
            assert (str(found) if name in ("id", "valid_from") and found else found) == value, name


@pytest.mark.django_db
@pytest.mark.parametrize("before", [[], [{}]], ids=["new", "changed"])
def test_any_value_is_in_the_rows_as_it_was_sent(before: list[Json]) -> None:
    put_term()
    for fields in before:
        put_course(1, **fields)
    put_course(2, **FULL)
    row = Course.objects.get()
    served = row.served()
    assert served is not None
    for name in ("title", "description", "translations", "credits", "year", "teachers", "level"):
        assert getattr(row, name) == served[name] == FULL.get(name), name
    assert row.groups == ["101", "\\"]
    assert row.source_document is not None
    assert row.source_document["entries"][0]["rooms"] == served["entries"][0]["rooms"] == ODD_TEXTS
    _agree(list(Entry.objects.order_by("position")), served["entries"])
    _agree(list(Exam.objects.order_by("position")), served["exams"])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "put",
    [lambda minute: put_course(minute), lambda minute: put_snapshot(minute, course(), id=f"s{minute}")],
    ids=["course", "snapshot"],
)
def test_who_brings_a_course_that_is_new_to_others_too_finds_theirs(put: Callable[[int], object]) -> None:
    """Each waits for the lock of the revision before it looks what is there; who looked before would add the course again."""
    minutes = count(1)
    together(3, lambda: put(next(minutes)), at=Revision.objects.all())
    assert [row.id for row in Course.objects.all()] == [api_id()]
    assert Revision.objects.get().n == 1
    assert Entry.objects.count() == 1
    assert len(findable()) == 1
