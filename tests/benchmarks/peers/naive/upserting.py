"""`COUNT ENTRIES`: writes so many new courses with update_or_create, a row at a time, in one transaction."""

import itertools
import sys
import uuid

import django

django.setup()

from django.db import transaction  # noqa: E402  # models exist only once Django is set up

# django-stubs knows the models of our settings alone, and these are installed by others.
# mypy: disable-error-code="attr-defined"
from tests.benchmarks import cast  # noqa: E402
from tests.benchmarks.peers.naive.models import Course, Entry, Term  # noqa: E402

_numbers = itertools.count(1_000_000)


@transaction.atomic
def upsert(count: int, entries: int) -> None:
    term = Term.objects.get()
    for number in itertools.islice(_numbers, count):
        document = cast.course(number, entries=entries)
        parts = document.pop("entries")
        document.pop("exams")
        external_id = document.pop("id")
        defaults = {"id": uuid.uuid4(), **document, "term": term}
        course, _ = Course.objects.update_or_create(external_id=external_id, defaults=defaults)
        for part in parts:
            key = {"course": course, "external_id": part.pop("id")}
            Entry.objects.update_or_create(**key, defaults={"id": uuid.uuid4(), **part})


if __name__ == "__main__":
    for line in sys.stdin:
        upsert(*map(int, line.split()))
        sys.stdout.write("done\n")
        sys.stdout.flush()
