"""Prints an access token of a new student who follows the courses whose numbers are given, every other one in group 101."""

# django-stubs knows the models of our settings alone, and these are installed by others.
# mypy: disable-error-code="attr-defined, union-attr, arg-type"

import sys

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402  # models exist only once Django is set up
from rest_framework_simplejwt.tokens import AccessToken  # noqa: E402

from tests.benchmarks.peers.naive.models import Course, Enrolment  # noqa: E402


def enrol(numbers: list[str]) -> str:
    user, _ = User.objects.get_or_create(username="alice")
    user.enrolments.all().delete()
    for place, number in enumerate(numbers):
        course = Course.objects.get(external_id=f"c{number}")
        Enrolment.objects.create(user=user, course=course, group="101" if place % 2 else "")
    return str(AccessToken.for_user(user))


if __name__ == "__main__":
    sys.stdout.write(enrol(sys.argv[1:]))
