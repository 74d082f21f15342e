"""Fills the database with COURSES courses that meet within a day from now, each followed by PHONES students with a phone.

Prints when they meet. python -m tests.benchmarks.near COURSES PHONES
"""

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import django

django.setup()

from django.db import transaction  # noqa: E402  # models exist only once Django is set up

from apps.courses import sync  # noqa: E402
from apps.courses.course_writes import CourseVersion  # noqa: E402
from apps.courses.enrolments import enrol  # noqa: E402
from apps.courses.ledger import Origin  # noqa: E402
from apps.courses.models.sourced import course_id  # noqa: E402
from apps.courses.payloads import COURSE, TERM  # noqa: E402
from apps.users.models import User  # noqa: E402
from tests.benchmarks import cast  # noqa: E402
from tests.factories.notifications import make_device  # noqa: E402

_ORIGIN = Origin(source=cast.SOURCE, silenced=True)


def fill(count: int, phones: int) -> dict[str, Any]:
    now = datetime.now(UTC)
    meets = now + timedelta(hours=12)
    slot = {
        "weekday": meets.isoweekday(),
        "starts_at": f"{meets.hour:02}:00",
        "ends_at": f"{meets.hour:02}:45",
    }
    first, last = (now - timedelta(days=30)).date().isoformat(), (now + timedelta(days=60)).date().isoformat()
    term = {**cast.term(), "starts_on": first, "ends_on": last, "time_zone": "UTC", "periods": []}
    with transaction.atomic():
        sync.update_term(document=TERM.read(term), happened_at=now, origin=_ORIGIN)
        courses = [COURSE.read(cast.near(number, slot, "Raf01")) for number in range(count)]
        sync.apply_versions([(CourseVersion.of(each, now), _ORIGIN) for each in courses])
    for number in range(count):
        for phone in range(phones):
            user = User.objects.create(email=f"{number}-{phone}@campanile.test")
            enrol(user_id=user.pk, course_id=course_id(cast.SOURCE, f"c{number}"))
            make_device(user, f"address {number} {phone}")
    ids = {f"c{number}": str(course_id(cast.SOURCE, f"c{number}")) for number in range(count)}
    return {"slot": slot, "ids": ids}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(fill(int(sys.argv[1]), int(sys.argv[2]))))
