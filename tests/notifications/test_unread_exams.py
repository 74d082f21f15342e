"""The change of an exam that nobody reads for hours is told by e-mail, to everybody who has not turned that off."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone
from pytest_django import Settings

from apps.courses.models import Enrolment
from apps.mail.models import Letter
from apps.notifications.exam_mail import plan_unread
from apps.notifications.holds import approve, reject
from apps.notifications.models import Hold, Mailing, Notification
from apps.notifications.outbox import expand_due
from apps.users.models import User
from tests.factories.courses import (
    change,
    days_ahead,
    follow,
    make_course,
    make_entry,
    make_exam,
    make_user,
    record,
)
from tests.factories.notifications import make_device
from tests.notifications.letters import by_email, choose, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    return make_user("alice")


@pytest.fixture
def exam(alice: User) -> Any:
    """In five days, in Raf1."""
    exam = make_exam(make_course(), sittings=sittings("Raf1"))
    follow(alice, exam.course)
    return exam


def sittings(room: str, days: int = 5) -> list[dict[str, Any]]:
    starts_at = (timezone.now() + timedelta(days=days)).replace(hour=9, minute=0, second=0, microsecond=0)
    return [{"starts_at": starts_at.isoformat(), "ends_at": starts_at.isoformat(), "rooms": [room]}]


def move(exam: Any, old: str, new: str, *, hours_ago: float) -> None:
    record(change(exam, "sittings", sittings(old), sittings(new), dates=days_ahead(5)))
    while expand_due():
        pass
    newest = Notification.objects.latest("change_set")
    Notification.objects.filter(pk=newest.pk).update(created_at=Now() - timedelta(hours=hours_ago))


def after_a_while() -> list[str]:
    plan_unread()
    return written()


def test_unread_for_twelve_hours_it_is_written_once(exam: Any, alice: User) -> None:
    move(exam, "Raf1", "Raf2", hours_ago=11.9)
    assert after_a_while() == []
    Notification.objects.update(created_at=Now() - timedelta(hours=12.1))
    (said,) = after_a_while()
    assert said.startswith("Algorithms: exam moved: ")
    assert said.endswith("Raf2")
    assert after_a_while() == [said]
    letter = Letter.objects.get()
    assert "you have not read of it in the app" in letter.text
    assert letter.expires_at == alice.notifications.get().starts_at, "never after the exam"


def test_the_hours_are_a_setting_and_nought_is_never(exam: Any, settings: Settings) -> None:
    settings.EXAM_EMAIL_AFTER_HOURS = 0
    move(exam, "Raf1", "Raf2", hours_ago=100)
    assert after_a_while() == []
    settings.EXAM_EMAIL_AFTER_HOURS = 101
    assert after_a_while() == []
    settings.EXAM_EMAIL_AFTER_HOURS = 99
    assert len(after_a_while()) == 1


@pytest.mark.parametrize(
    "before",
    [
        lambda user: user.notifications.all().mark_read(),
        lambda user: choose(user, email_unread_exams=False),
        lambda user: User.objects.update(is_active=False),
        lambda user: user.notifications.update(starts_at=Now()),
        lambda user: user.notifications.update(starts_at=None),
        lambda user: user.notifications.update(expires_at=Now()),
    ],
)
def test_who_need_not_be_told_is_not(exam: Any, alice: User, before: Any) -> None:
    move(exam, "Raf1", "Raf2", hours_ago=13)
    before(alice)
    assert plan_unread() == 0
    assert written() == []


@pytest.mark.parametrize(
    ("meanwhile", "why"),
    [
        (lambda user, exam: user.notifications.all().mark_read(), "read"),
        (lambda user, exam: choose(user, email_unread_exams=False), "email-off"),
        (lambda user, exam: choose(user, muted_courses=[exam.course_id]), "muted"),
        (lambda user, exam: Enrolment.objects.all().delete(), "unfollowed"),
        (lambda user, exam: user.notifications.update(starts_at=Now()), "expired"),
    ],
)
def test_nor_is_who_has_read_or_wants_it_no_more_by_the_time_it_is_written(
    exam: Any, alice: User, meanwhile: Any, why: str
) -> None:
    move(exam, "Raf1", "Raf2", hours_ago=13)
    assert plan_unread() == 1
    meanwhile(alice, exam)
    assert written() == []
    assert Mailing.objects.get().why == why


def test_what_was_undone_meanwhile_is_not_written(exam: Any) -> None:
    move(exam, "Raf1", "Raf2", hours_ago=13)
    move(exam, "Raf2", "Raf1", hours_ago=12.5)
    assert after_a_while() == []


def test_two_changes_are_told_by_one_letter(exam: Any) -> None:
    move(exam, "Raf1", "Raf2", hours_ago=14)
    move(exam, "Raf2", "Raf3", hours_ago=1)
    (said,) = after_a_while()
    assert "Raf1 → " in said
    assert said.endswith("Raf3")
    Notification.objects.update(created_at=Now() - timedelta(hours=13))
    assert after_a_while() == [said]


def test_who_had_the_change_by_e_mail_gets_no_second_letter(exam: Any, alice: User) -> None:
    by_email(alice, "exams")
    move(exam, "Raf1", "Raf2", hours_ago=13)
    assert len(written()) == 1
    assert plan_unread() == 0


def test_what_staff_hold_back_is_not_written_also_to_who_has_no_phone(exam: Any, settings: Settings) -> None:
    settings.RING_LIMIT = 0
    staff, bob = make_user("staff"), make_user("bob")
    follow(bob, exam.course)
    make_device(bob, "bob")
    move(exam, "Raf1", "Raf2", hours_ago=13)
    Notification.objects.update(created_at=Now() - timedelta(hours=13))
    assert set(Notification.objects.values_list("why", flat=True)) == {"no-device", "held"}
    assert after_a_while() == []
    reject(revision=Hold.objects.get().pk, user=staff)
    assert after_a_while() == []


def test_what_staff_have_let_ring_is_written(exam: Any, alice: User, settings: Settings) -> None:
    settings.RING_LIMIT = 0
    make_device(alice, "alice")
    move(exam, "Raf1", "Raf2", hours_ago=13)
    assert after_a_while() == []
    approve(revision=Hold.objects.get().pk, user=make_user("staff"), now=timezone.now())
    assert len(after_a_while()) == 1


def test_classes_are_not_exams(alice: User) -> None:
    entry = make_entry(make_course())
    follow(alice, entry.course)
    record(change(entry, "rooms", ["A"], ["B"], dates=days_ahead(5)))
    expand_due()
    Notification.objects.update(created_at=Now() - timedelta(hours=13))
    assert plan_unread() == 0
