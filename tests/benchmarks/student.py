"""Prints an access token of a new student who follows the courses whose numbers are given, every other one in group 101."""

import sys

import django

django.setup()

from django.db import transaction  # noqa: E402  # models exist only once Django is set up
from django.utils import timezone  # noqa: E402

from apps.courses.enrolments import enrol  # noqa: E402
from apps.courses.models.sourced import course_id  # noqa: E402
from apps.users.models import User  # noqa: E402
from apps.users.sessions import open_session  # noqa: E402
from tests.benchmarks import cast  # noqa: E402


@transaction.atomic
def enrolled(numbers: list[str]) -> str:
    user, _ = User.objects.get_or_create(email="alice@campanile.test")
    user.enrolments.all().delete()
    for place, number in enumerate(numbers):
        course = course_id(cast.SOURCE, f"c{number}")
        enrol(user_id=user.pk, course_id=course, group="101" if place % 2 else "")
    return open_session(user=user, device_name="bench", now=timezone.now()).access


if __name__ == "__main__":
    sys.stdout.write(enrolled(sys.argv[1:]))
