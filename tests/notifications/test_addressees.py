"""Whom an announcement reaches."""

import pytest
from django.db import connection

from apps.courses.models import Course
from apps.notifications.addressees import ADDRESSED, Reach, addressed, reach
from apps.notifications.announcements import send_due
from apps.notifications.models import Notification
from apps.users.models import User
from apps.users.roles import Role, set_role
from tests.factories.courses import follow, follow_group, make_course, make_term, make_user
from tests.factories.notifications import announce, make_announcement, make_device
from tests.notifications.plans import steps

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def course() -> Course:
    """Alice follows the course, bob its group 101, charlie the group 102 of its term; dave another course, erin nothing, frank may not sign in."""
    term = make_term()
    course = make_course(groups=["101", "102"], department="Computing", term=term)
    follow(make_user("alice"), course)
    follow(make_user("bob"), course, "101")
    follow_group(make_user("charlie"), term, "102")
    follow(make_user("dave", is_staff=True), make_course(department="Mathematics", term=term))
    make_user("erin", is_superuser=True, is_staff=True)
    follow(make_user("frank", is_active=False), course)
    return course


def names() -> str:
    send_due()
    return " ".join(sorted(Notification.objects.values_list("user__first_name", flat=True))).lower()


def test_everyone_who_may_sign_in() -> None:
    announce("everyone")
    assert names() == "alice bob charlie dave erin"


def test_all_who_follow_a_course_also_through_a_group_of_its_term(course: Course) -> None:
    announce("course", course=course)
    assert names() == "alice bob charlie"
    assert set(Notification.objects.values_list("course", flat=True)) == {course.pk}


@pytest.mark.parametrize(("group", "expected"), [("101", "alice bob"), ("102", "alice charlie")])
def test_a_group_of_a_course_and_those_who_follow_all_of_it(
    course: Course, group: str, expected: str
) -> None:
    announce("course-group", course=course, group=group)
    assert names() == expected


@pytest.mark.parametrize(("group", "expected"), [("101", "bob"), ("102", "charlie"), ("103", "")])
def test_a_group_of_a_term_and_those_who_follow_a_course_in_that_group(
    course: Course, group: str, expected: str
) -> None:
    announce("term-group", term=course.term, group=group)
    assert names() == expected


def test_a_group_of_another_term_is_another_group(course: Course) -> None:
    announce("term-group", term=make_course().term, group="102")
    assert names() == ""


def test_administrators_are_those_with_the_role_too() -> None:
    set_role(users=[User.objects.get(first_name__iexact="dave").pk], role=Role.ADMINISTRATOR)
    announce("role", role="administrators")
    assert names() == "dave erin"


@pytest.mark.parametrize(
    ("role", "expected"),
    [("students", "alice bob charlie"), ("staff", "dave erin"), ("administrators", "erin")],
)
def test_a_role(role: str, expected: str) -> None:
    announce("role", role=role)
    assert names() == expected


@pytest.mark.parametrize(
    ("department", "expected"), [("Computing", "alice bob charlie"), ("Mathematics", "dave")]
)
def test_all_who_follow_a_course_of_a_department(department: str, expected: str) -> None:
    announce("department", department=department)
    assert names() == expected


def test_a_course_that_is_no_longer_served_is_none_of_its_department(course: Course) -> None:
    Course.objects.filter(pk=course.pk).update(tombstone=True)
    announce("department", department="Computing")
    assert names() == ""


def test_the_count_beforehand_is_of_people_and_of_phones_that_ring(course: Course) -> None:
    alice, bob = (
        rule.user for rule in course.enrolments.filter(user__is_active=True).order_by("user__email")
    )
    for address in ("1", "2"):
        make_device(alice, address)
    gone = make_device(bob, "3")
    gone.retired_at = gone.created_at
    gone.save()
    assert reach(make_announcement("course", course=course).pk) == Reach(people=3, phones=2)


def test_of_a_few_it_is_asked_without_looking_at_all_the_others_again_for_each() -> None:
    """A batch of pushes asks of its users alone: with twenty thousand others that took 2 s a batch, their number times its own."""
    few = list(User.objects.values_list("pk", flat=True)[:3])
    to_all = make_announcement("everyone")
    assert addressed([to_all.pk], among=few) == {(to_all.pk, user) for user in few}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    found = steps(ADDRESSED, {"announcements": [to_all.pk], "among": few})
    looks = [node for node in found if node.get("Relation Name") == "users_user"]
    assert [(node["Actual Rows"], node["Actual Loops"]) for node in looks] == [(3, 1)]
