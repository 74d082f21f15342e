"""Messages by e-mail: to whom wants them, once, and with the same truth as on the phone."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.courses.hidden_entries import hide
from apps.courses.models import Enrolment
from apps.mail.delivery import send_due as send_letters
from apps.mail.models import Letter, Outage
from apps.notifications.announcements import cancel
from apps.notifications.announcements import send_due as expand_announcements
from apps.notifications.holds import approve, reject
from apps.notifications.mailing import post_due
from apps.notifications.models import FanOut, Mailing
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
from tests.factories.notifications import announce, make_device
from tests.fakes.smtp import MailServer, mail_server
from tests.notifications.letters import by_email, choose, written
from tests.together import together

pytestmark = pytest.mark.django_db
A_TO_B = "Algorithms: new room: Tue 11:15: A → B"


@pytest.fixture
def alice() -> User:
    return make_user("alice")


@pytest.fixture
def entry(alice: User) -> Any:
    """What alice follows; she has no phone, and wants e-mail about the timetable."""
    entry = make_entry(make_course())
    follow(alice, entry.course)
    by_email(alice, "schedule")
    return entry


def room(entry: Any, old: str, new: str) -> Any:
    return change(entry, "rooms", [old], [new], dates=days_ahead(5))


def happen(*changes: Any, **facts: Any) -> None:
    record(*changes, **facts)
    while expand_due():
        pass


def why() -> str:
    return Mailing.objects.get().why


def test_who_wants_e_mail_of_the_category_gets_one_letter(entry: Any, alice: User) -> None:
    bob = make_user("bob")
    follow(bob, entry.course)
    by_email(bob, "exams", "courses", "announcements")
    happen(room(entry, "A", "B"))
    assert written() == [A_TO_B]
    assert post_due() == 0
    letter = Letter.objects.get()
    assert (letter.address, letter.user, letter.bulk) == (alice.email, alice, False)
    assert "because you want e-mail about your timetable" in letter.text
    notification = alice.notifications.get()
    assert (letter.key, letter.expires_at) == (f"notification:{notification.pk}", notification.expires_at)


def test_nobody_gets_e_mail_who_has_not_asked_for_it(entry: Any, alice: User) -> None:
    by_email(alice, "schedule", on=False)
    happen(room(entry, "A", "B"))
    assert written() == []
    assert not Mailing.objects.exists()


def test_it_speaks_the_users_language(entry: Any, alice: User) -> None:
    User.objects.update(language="sr")
    happen(room(entry, "A", "B"))
    assert written() == ["Algorithms: nova učionica: uto 11:15: A → B"]
    assert "Ovo pismo" in Letter.objects.get().text


def test_e_mail_waits_neither_for_quiet_hours_nor_for_the_summary(entry: Any, alice: User) -> None:
    choose(alice, daily_summary_hour=(timezone.now().hour + 12) % 24)
    happen(room(entry, "A", "B"))
    assert written() == [A_TO_B]


def test_what_is_undone_before_it_is_posted_is_not_written(entry: Any) -> None:
    happen(room(entry, "A", "B"))
    happen(room(entry, "B", "A"))
    assert written() == []
    assert set(Mailing.objects.values_list("status", flat=True)) <= {"cancelled"}


def test_two_changes_before_it_is_posted_are_one_letter_that_tells_both(entry: Any) -> None:
    happen(room(entry, "A", "B"))
    happen(room(entry, "B", "C"))
    assert written() == ["Algorithms: new room: Tue 11:15: A → C"]


def test_each_letter_tells_the_difference_since_the_one_before(entry: Any) -> None:
    happen(room(entry, "A", "B"))
    assert written() == [A_TO_B]
    happen(room(entry, "B", "A"))
    assert written() == [A_TO_B, "Algorithms: new room: Tue 11:15: B → A"]


@pytest.mark.parametrize(
    ("meanwhile", "reason"),
    [
        (lambda user, entry: choose(user, muted_courses=[entry.course_id]), "muted"),
        (lambda user, entry: Enrolment.objects.all().delete(), "unfollowed"),
        (lambda user, entry: hide(user_id=user.pk, entry_id=entry.pk), "unfollowed"),
        (lambda user, entry: by_email(user, "schedule", on=False), "email-off"),
        (lambda user, entry: choose(user, categories={"schedule": {"inbox": False}}), "unfollowed"),
        (lambda user, entry: User.objects.update(is_active=False), "signed-out"),
        (lambda user, entry: user.notifications.update(expires_at=Now()), "expired"),
    ],
)
def test_who_wants_it_no_more_by_then_gets_none(entry: Any, alice: User, meanwhile: Any, reason: str) -> None:
    happen(room(entry, "A", "B"))
    meanwhile(alice, entry)
    assert written() == []
    assert why() == reason


def test_a_silenced_import_writes_to_nobody(entry: Any) -> None:
    happen(room(entry, "A", "B"), silenced=True)
    assert written() == []


@pytest.mark.parametrize("approved", [True, False])
def test_what_waits_for_staff_is_written_when_they_say_so(
    entry: Any, alice: User, settings: Any, approved: bool
) -> None:
    settings.RING_LIMIT = 0
    make_device(alice, "alice")
    happen(room(entry, "A", "B"))
    assert written() == []
    revision = FanOut.objects.get().pk
    if approved:
        approve(revision=revision, user=alice, now=timezone.now())
        assert written() == [A_TO_B]
    else:
        reject(revision=revision, user=alice)
        assert written() == []
        assert why() == "rejected"


def test_a_message_about_two_categories_is_written_for_either(alice: User, entry: Any) -> None:
    exam = make_exam(entry.course)
    by_email(alice, "schedule", on=False)
    by_email(alice, "exams")
    happen(room(entry, "A", "B"), change(exam, "note", "", "Bring a pencil", dates=days_ahead(9)))
    assert len(written()) == 1
    assert "e-mail about exams" in Letter.objects.get().text


def test_while_the_mail_server_is_out_nothing_is_posted_and_what_is_undone_meanwhile_is_never_written(
    entry: Any,
) -> None:
    Outage.objects.extend("refused")
    Outage.objects.update(until=Now() + timedelta(minutes=1))
    happen(room(entry, "A", "B"))
    assert written() == []
    happen(room(entry, "B", "A"))
    Outage.objects.update(until=Now())
    assert written() == []


def test_an_address_nobody_can_write_to_does_not_hold_up_the_others(entry: Any, alice: User) -> None:
    User.objects.update(email='"alice smith"@example.org')
    bob = make_user("bob")
    follow(bob, entry.course)
    by_email(bob, "schedule")
    happen(room(entry, "A", "B"))
    assert written(bob) == [A_TO_B]
    assert written(alice) == []
    assert Mailing.objects.get(notification__user=alice).why == "failed"


def test_a_title_of_many_lines_is_a_subject_of_one(entry: Any) -> None:
    entry.course.title = "Algo\r\nBcc: bob@example.org\x07" + "x" * 300
    entry.course.save()
    happen(room(entry, "A", "B"))
    written()
    subject = Letter.objects.get().subject
    assert subject.startswith("Algo Bcc: bob@example.org x")
    assert len(subject) <= 250


def test_however_many_there_are_it_takes_the_same_statements(entry: Any) -> None:
    def statements(users: int) -> int:
        for number in range(users):
            user = make_user(f"s{users}-{number}")
            follow(user, entry.course)
            by_email(user, "schedule")
        happen(room(entry, f"A{users}", f"B{users}"))
        with CaptureQueriesContext(connection) as queries:
            post_due()
        return len(queries)

    assert statements(2) == statements(30)


def test_announcements_are_written_behind_all_others_to_who_wants_them(alice: User) -> None:
    by_email(alice, "announcements")
    make_user("bob")
    announce()
    expand_announcements()
    assert written() == ["Library closed: From Monday to Wednesday."]
    assert Letter.objects.get().bulk


def test_a_cancelled_announcement_is_not_written(alice: User) -> None:
    by_email(alice, "announcements")
    announcement = announce()
    expand_announcements()
    cancel(announcement=announcement.pk, by=alice)
    assert written() == []
    assert why() == "withdrawn"


@pytest.mark.django_db(transaction=True)
def test_workers_side_by_side_write_each_letter_once(entry: Any) -> None:
    happen(room(entry, "A", "B"))

    assert sum(together(3, _post_after_the_lock, at=FanOut.objects.all())) == 1
    assert Letter.objects.count() == 1


def _post_after_the_lock() -> int:
    with transaction.atomic():
        list(FanOut.objects.select_for_update())
    return post_due()


@pytest.mark.django_db(transaction=True)
def test_it_arrives_with_a_link_that_stops_it(entry: Any, alice: User, settings: Any) -> None:
    with mail_server() as server:
        _send_through(server, settings)
        happen(room(entry, "A", "B"))
        post_due()
        send_letters()
        (arrived,) = server.letters
    assert arrived["Subject"] == "Algorithms: new room"
    assert arrived["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = arrived["List-Unsubscribe"].strip(" <>")
    assert link.startswith(f"{settings.PUBLIC_URL}/unsubscribe/")
    assert link in arrived.get_content().replace("\r\n", "\n")


def _send_through(server: MailServer, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 10
