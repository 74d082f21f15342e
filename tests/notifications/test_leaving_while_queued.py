"""Whoever does not want to be rung any more is not, although the push was queued, or even claimed, before."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.utils import timezone

from apps.courses.models import Entry
from apps.notifications import delivery
from apps.notifications.delivery import send_due
from apps.notifications.models import Push
from apps.notifications.outbox import expand_due
from apps.notifications.pacing import FIRST_WINDOW
from apps.notifications.pauses import scopes_paused
from apps.users.accounts import deactivate
from apps.users.models import User
from tests.factories.courses import change, days_ahead, make_course, make_entry, record
from tests.notifications.conftest import Phones
from tests.users.conftest import PASSWORD, Phone

pytestmark = pytest.mark.django_db
API = "/api/v1"


@dataclass
class Student:
    """Signed in with the app, whose phone is known by the student's name."""

    user: User
    app: Phone
    refresh: str
    enrolment: str
    device: str

    @classmethod
    def following(cls, entry: Entry, name: str) -> "Student":
        user = User.objects.create_user(f"{name}@example.org", PASSWORD)
        app = Phone()
        tokens = app.sign_in(user)
        app.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens['access']}")
        enrolment = app.post(f"{API}/me/enrolments/", {"course": str(entry.course_id)}).json()
        device = app.put(f"{API}/me/devices/", {"kind": "token", "address": name, "platform": "ios"}).json()
        return cls(user, app, tokens["refresh"], enrolment["id"], device["id"])

    def prefers(self, **choices: Any) -> None:
        assert self.app.patch(f"{API}/me/notification-preferences/", choices).status_code == 200


def mute(student: Student, entry: Entry) -> None:
    student.prefers(muted_courses=[str(entry.course_id)])


def switch_pushes_off(student: Student, entry: Entry) -> None:
    student.prefers(categories={"schedule": {"push": False}})


def hide(student: Student, entry: Entry) -> None:
    assert student.app.put(f"{API}/me/hidden-entries/{entry.pk}/").status_code < 300


def un_enrol(student: Student, entry: Entry) -> None:
    assert student.app.delete(f"{API}/me/enrolments/{student.enrolment}/").status_code == 204


def sign_out(student: Student, entry: Entry) -> None:
    assert student.app.revoke(student.refresh).status_code == 204


def remove_the_phone(student: Student, entry: Entry) -> None:
    assert student.app.delete(f"{API}/me/devices/{student.device}/").status_code == 204


def hand_the_phone_on(student: Student, entry: Entry) -> None:
    other = User.objects.create_user(f"other-{student.user.email}", PASSWORD)
    app = Phone()
    app.credentials(HTTP_AUTHORIZATION=f"Bearer {app.sign_in(other)['access']}")
    name = student.user.email.partition("@")[0]
    body = {"kind": "token", "address": name, "platform": "ios"}
    assert app.put(f"{API}/me/devices/", body).status_code == 200


def be_deactivated(student: Student, entry: Entry) -> None:
    deactivate(user=student.user, now=timezone.now())


def be_deleted(student: Student, entry: Entry) -> None:
    student.user.delete()


WAYS = [
    mute,
    switch_pushes_off,
    hide,
    un_enrol,
    sign_out,
    remove_the_phone,
    hand_the_phone_on,
    be_deactivated,
    be_deleted,
]


@pytest.fixture
def lecture() -> Entry:
    return make_entry(make_course())


def queue(entry: Entry) -> None:
    record(change(entry, "rooms", ["Raf01"], ["Raf20"], dates=days_ahead(1)))
    assert expand_due() == 1


@pytest.mark.parametrize("leave", WAYS)
def test_a_push_that_is_queued(
    phones: Phones, lecture: Entry, leave: Callable[[Student, Entry], None]
) -> None:
    student = Student.following(lecture, "alice")
    Student.following(lecture, "bob")
    queue(lecture)
    leave(student, lecture)
    send_due()
    assert [each["address"] for each in phones.messages()] == ["bob"]
    assert not Push.objects.filter(status="pending").exists()


def test_a_push_that_is_claimed_and_waits_behind_others_that_are_slow(
    phones: Phones, lecture: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "FRESH_SECONDS", 2)
    other = make_entry(make_course())
    for number in range(FIRST_WINDOW):
        Student.following(other, f"slow{number}")
        phones.fail(address=f"slow{number}", status=200, delay=2.5)
    queue(other)
    students = {way: Student.following(lecture, way.__name__) for way in WAYS}
    Student.following(lecture, "bob")
    queue(lecture)
    waiting = dict(students)

    def meanwhile(paused: Callable[[], set[str]] = scopes_paused) -> set[str]:
        """Asked by the worker again and again while the first eight are under way."""
        while waiting:
            leave, student = waiting.popitem()
            leave(student, lecture)
        return paused()

    monkeypatch.setattr(delivery, "scopes_paused", meanwhile)
    assert send_due() == FIRST_WINDOW + len(WAYS) + 1
    assert not waiting
    assert len(phones.messages()) == FIRST_WINDOW
    send_due()
    assert {each["address"] for each in phones.messages()[FIRST_WINDOW:]} == {"bob"}
    assert not Push.objects.filter(status="pending").exists()
