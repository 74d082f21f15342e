"""Who lives in the demo: students who follow their courses and own phones, and one member of staff."""

from collections.abc import Iterator

import pytest
from django.contrib.auth import authenticate
from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from apps.courses.models import Enrolment
from apps.demo.loading import SOURCE, load_catalogue
from apps.demo.people import PASSWORD, STAFF, STUDENT, create_people
from apps.demo.students import load_students
from apps.notifications.models import Device
from apps.users.models import User
from apps.users.roles import Role, role_of

pytestmark = pytest.mark.usefixtures("people")


@pytest.fixture(scope="module")
def people(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Loaded once for all these tests, which only look, and rolled back after them: it takes seconds."""
    with django_db_blocker.unblock(), transaction.atomic():
        load_catalogue(now=timezone.now(), say=str)
        create_people(source=SOURCE)
        yield
        transaction.set_rollback(True)


def test_the_printed_logins_open() -> None:
    student, staff = (User.objects.get(email=email) for email in (STUDENT, STAFF))

    assert authenticate(username=STUDENT, password=PASSWORD) == student
    assert authenticate(username=STAFF, password=PASSWORD) == staff
    assert (student.is_staff, student.is_superuser) == (False, False)
    assert (staff.is_staff, staff.is_superuser) == (True, True)
    assert (role_of(student), role_of(staff)) == (Role.STUDENT, Role.ADMINISTRATOR)


def test_nobody_else_can_sign_in_with_a_password() -> None:
    others = User.objects.exclude(email__in=(STUDENT, STAFF))

    assert others.count() >= 40
    assert not any(user.has_usable_password() for user in others)


def test_every_student_follows_six_to_nine_courses_by_group_and_owns_a_phone() -> None:
    students = User.objects.exclude(email=STAFF)

    assert {count for (count,) in students.annotate(n=Count("enrolments")).values_list("n")} <= {6, 7, 8, 9}
    assert not Enrolment.objects.filter(group="").exists()
    assert set(Device.objects.active().values_list("user", flat=True)) == {user.pk for user in students}
    assert all(device.address.startswith("demo-phone-") for device in Device.objects.all())


def test_groups_are_those_of_the_followed_courses() -> None:
    """A group that a course does not know would follow nothing but what is for everyone."""
    for enrolment in Enrolment.objects.select_related("course"):
        assert enrolment.course is not None
        groups = enrolment.course.groups
        assert not groups or enrolment.group in groups


def test_creating_them_again_changes_nothing() -> None:
    before = (User.objects.count(), Enrolment.objects.count(), Device.objects.count())
    password = User.objects.get(email=STUDENT).password

    create_people(source=SOURCE)

    assert (User.objects.count(), Enrolment.objects.count(), Device.objects.count()) == before
    assert User.objects.get(email=STUDENT).password == password
    assert len(load_students()) + 1 == before[0]
