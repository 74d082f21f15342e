"""Fills the tables from the documents that Campanile serves, in the database CAMPANILE_URL, so that both hold the same."""

# django-stubs knows the models of our settings alone, and these are installed by others.
# mypy: disable-error-code="attr-defined, union-attr, arg-type"

import json
import os
from typing import Any

import django
import psycopg

django.setup()

from django.core.management import call_command  # noqa: E402  # models exist only once Django is set up

from tests.benchmarks.peers.naive.models import Course, Entry, Exam, Term  # noqa: E402

Json = dict[str, Any]
_TERM = {"id", "starts_on", "ends_on", "time_zone", "periods"}


def fill() -> None:
    call_command("migrate", verbosity=0)
    call_command("migrate", run_syncdb=True, verbosity=0)  # our models refer to the users made before
    with psycopg.connect(os.environ["CAMPANILE_URL"]) as campanile:
        terms, courses = (
            [
                json.loads(document)
                for (document,) in campanile.execute(f"SELECT document FROM courses_{name}")
            ]
            for name in ("term", "course")
        )
    Term.objects.bulk_create(
        Term(**{name: value for name, value in term.items() if name in _TERM}) for term in terms
    )
    Course.objects.bulk_create(_course(dict(course)) for course in courses)
    Entry.objects.bulk_create(
        [Entry(course_id=course["id"], **entry) for course in courses for entry in course["entries"]]
    )
    Exam.objects.bulk_create(
        [Exam(course_id=course["id"], **exam) for course in courses for exam in course["exams"]]
    )


def _course(document: Json) -> Course:
    term = document.pop("term")
    parts = {"entries", "exams"}
    return Course(term_id=term, **{name: value for name, value in document.items() if name not in parts})


if __name__ == "__main__":
    fill()
