"""A process that changes the catalogue when told to, one line in, one line out:

`change N`: N courses get another room, each in a transaction of its own; `cursor`: that of a client of /sync/ which has everything.
"""

import itertools
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import django

django.setup()

from django.db import connection, transaction  # noqa: E402  # models exist only once Django is set up

from apps.courses import sync  # noqa: E402
from apps.courses.course_writes import CourseVersion  # noqa: E402
from apps.courses.delta import Cursor  # noqa: E402
from apps.courses.ledger import Origin  # noqa: E402
from apps.courses.payloads import COURSE  # noqa: E402
from tests.benchmarks import cast  # noqa: E402

_COURSES = 1_000
_BEGINNING = datetime(2026, 6, 1, tzinfo=UTC)
_ORIGIN = Origin(source=cast.SOURCE, silenced=True)
_turns = itertools.count()


def change(count: str) -> str:
    for turn in itertools.islice(_turns, int(count)):
        document = COURSE.read(cast.course(turn % _COURSES, room=f"Raf{turn // _COURSES + 30}"))
        version = CourseVersion.of(document, _BEGINNING + timedelta(seconds=turn))
        with transaction.atomic():
            [outcome] = sync.apply_versions([(version, _ORIGIN)])
        assert outcome.revision, "nothing changed"
    return "done"


def cursor() -> str:
    with connection.cursor() as database:
        database.execute("SELECT revision, token FROM courses_changeset ORDER BY revision DESC LIMIT 1")
        revision, token = database.fetchone()
    return str(
        Cursor(full=False, base=revision, token=token.bytes[:4], revision=revision, id=UUID(int=2**128 - 1))
    )


COMMANDS: dict[str, Callable[..., str]] = {"change": change, "cursor": cursor}

if __name__ == "__main__":
    for line in sys.stdin:
        name, *arguments = line.split()
        sys.stdout.write(f"{COMMANDS[name](*arguments)}\n")
        sys.stdout.flush()
