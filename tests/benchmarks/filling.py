"""Writes what is measured, through the product's own functions: python -m tests.benchmarks.filling courses COUNT ENTRIES"""

import sys
from collections.abc import Callable
from datetime import UTC, datetime

import django

django.setup()

from django.db import transaction  # noqa: E402  # models exist only once Django is set up

from apps.courses import sync  # noqa: E402
from apps.courses.course_writes import CourseVersion  # noqa: E402
from apps.courses.ledger import Origin  # noqa: E402
from apps.courses.payloads import COURSE, TERM  # noqa: E402
from tests.benchmarks import cast  # noqa: E402

_AT_ONCE = 500
_LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
_ORIGIN = Origin(source=cast.SOURCE, silenced=True)


def courses(count: str, entries: str) -> None:
    document = TERM.read(cast.term())
    with transaction.atomic():
        sync.update_term(document=document, happened_at=_LONG_AGO, origin=_ORIGIN)
    for first in range(0, int(count), _AT_ONCE):
        numbers = range(first, min(first + _AT_ONCE, int(count)))
        documents = [COURSE.read(cast.course(number, entries=int(entries))) for number in numbers]
        with transaction.atomic():
            sync.apply_versions([(CourseVersion.of(each, _LONG_AGO), _ORIGIN) for each in documents])


COMMANDS: dict[str, Callable[..., None]] = {"courses": courses}

if __name__ == "__main__":
    COMMANDS[sys.argv[1]](*sys.argv[2:])
