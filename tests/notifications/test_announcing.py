"""From a confirmed announcement to phones and inboxes."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError
from django.utils import timezone
from rest_framework.test import APIClient

from apps.courses.models import Enrolment
from apps.notifications import announcements
from apps.notifications.addressees import Reach, reach
from apps.notifications.announcements import cancel, confirm, finish, send_due
from apps.notifications.delivery import send_due as ring_due
from apps.notifications.models import Announcement, Notification, Preferences, Push
from apps.users.models import User
from tests.factories.courses import follow, make_course, make_user
from tests.factories.notifications import announce, make_announcement, make_device
from tests.notifications.conftest import Phones

pytestmark = pytest.mark.django_db
INBOX = "/api/v1/me/notifications/"
BOTH = {
    "en": {"title": "Library closed", "body": "From Monday."},
    "sr": {"title": "Biblioteka zatvorena", "body": "Od ponedeljka."},
}


@pytest.fixture
def alice() -> User:
    alice = make_user("alice")
    make_device(alice, "alice-phone")
    return alice


def inbox(user: User) -> list[dict[str, Any]]:
    phone = APIClient()
    phone.force_authenticate(user)
    found: list[dict[str, Any]] = phone.get(INBOX).json()["results"]
    return found


def test_it_rings_with_its_own_channel_link_and_marks(phones: Phones, alice: User) -> None:
    announce()
    send_due()
    ring_due()
    [shown] = phones.messages("alice-phone")
    message = shown["message"]
    key = str(Notification.objects.get().pk)
    assert message["notification"] == {"title": "Library closed", "body": "From Monday to Wednesday."}
    assert message["data"] == {
        "notification": key,
        "kind": "announcement",
        "course": "",
        "revision": "",
        "deep_link": f"campanile://notifications/{key}",
    }
    assert message["android"]["notification"] == {"channel_id": "announcements", "tag": key}
    assert message["android"]["priority"] == "normal"
    assert message["apns"]["headers"]["apns-collapse-id"] == key
    week = timedelta(days=7).total_seconds()
    assert week - 60 < float(message["android"]["ttl"].rstrip("s")) <= week


def test_the_inbox_shows_it_like_any_other(alice: User) -> None:
    announce(deep_link="campanile://courses/3f0b0b1e-6c1c-4f0e-9d7c-3d1f4d0f1a2b")
    send_due()
    [item] = inbox(alice)
    item.pop("created_at")
    assert item == {
        "id": str(Notification.objects.get().pk),
        "category": "announcements",
        "kind": "announcement",
        "title": "Library closed",
        "body": "From Monday to Wednesday.",
        "course": None,
        "deep_link": "campanile://courses/3f0b0b1e-6c1c-4f0e-9d7c-3d1f4d0f1a2b",
        "changes": [],
        "why": "It is about to ring your phone.",
        "revision": None,
        "read_at": None,
    }


def test_once_it_rang_the_inbox_says_for_whom_it_is(phones: Phones, alice: User) -> None:
    announce()
    send_due()
    ring_due()
    assert inbox(alice)[0]["why"] == "It rang because it is for everyone."


@pytest.mark.parametrize(
    ("language", "title"),
    [("sr", "Biblioteka zatvorena"), ("sr-Latn", "Biblioteka zatvorena"), ("de", "Library closed")],
)
def test_everyone_reads_it_in_a_language_of_theirs(phones: Phones, language: str, title: str) -> None:
    user = make_user("bob", language=language)
    make_device(user, "bob-phone")
    announce(texts=BOTH)
    send_due()
    ring_due()
    assert phones.messages("bob-phone")[0]["title"] == title == inbox(user)[0]["title"]


def test_what_was_written_in_one_language_reaches_those_of_others(alice: User) -> None:
    announce(texts={"sr": BOTH["sr"]})
    send_due()
    assert inbox(alice)[0]["title"] == "Biblioteka zatvorena"


def test_a_long_one_is_cut_on_the_phone_and_whole_in_the_inbox(phones: Phones, alice: User) -> None:
    body = "библиотека " * 200
    announce(texts={"sr": {"title": "Радно време", "body": body}})
    send_due()
    ring_due()
    assert phones.messages("alice-phone")[0]["body"].endswith("библиотека…")
    assert Push.objects.get().status == "sent"
    assert inbox(alice)[0]["body"] == body


def test_who_has_no_phone_reads_it_and_is_told_why_it_did_not_ring() -> None:
    erin = make_user("erin")
    announce()
    send_due()
    assert inbox(erin)[0]["why"] == "It did not ring: no phone of yours was signed in."


def test_before_its_time_nothing_is_made(alice: User) -> None:
    later = make_announcement()
    confirm(
        announcement=later.pk, by=alice, send_at=timezone.now() + timedelta(hours=1), seen=later.written_at
    )
    assert send_due() == 0
    Announcement.objects.update(send_at=timezone.now())
    assert send_due() == 1
    assert send_due() == 0
    assert Notification.objects.count() == 1


def test_it_is_sent_once_no_push_waits(phones: Phones, alice: User) -> None:
    announce()
    send_due()
    assert finish() == 0
    ring_due()
    assert finish() == 1
    done = Announcement.objects.get()
    assert (done.state, done.people, done.phones) == ("sent", 1, 1)
    assert done.finished_at


def test_cancelled_while_its_pushes_wait_it_rings_nobody(phones: Phones, alice: User) -> None:
    announcement = announce()
    send_due()
    cancel(announcement=announcement.pk, by=alice)
    ring_due()
    assert phones.messages() == []
    assert Push.objects.get().status == "cancelled"
    assert Notification.objects.get().why == "withdrawn"
    assert inbox(alice)[0]["why"] == "Staff have withdrawn this."
    assert finish() == 0


def test_cancelled_before_its_time_it_makes_nothing(alice: User) -> None:
    cancel(announcement=announce().pk, by=alice)
    assert send_due() == 0
    assert not Notification.objects.exists()


def test_what_is_over_cannot_be_cancelled_nor_confirmed_twice(phones: Phones, alice: User) -> None:
    announcement = announce()
    with pytest.raises(Announcement.Changed):
        confirm(announcement=announcement.pk, by=alice, send_at=timezone.now(), seen=announcement.written_at)
    send_due()
    ring_due()
    finish()
    with pytest.raises(Announcement.Changed):
        cancel(announcement=announcement.pk, by=alice)


def test_a_draft_that_was_written_anew_since_it_was_seen_is_not_sent(alice: User) -> None:
    draft = make_announcement()
    Announcement.objects.update(written_at=timezone.now())
    with pytest.raises(Announcement.Changed):
        confirm(announcement=draft.pk, by=alice, send_at=timezone.now(), seen=draft.written_at)


@pytest.mark.parametrize("leaving", ["unfollowed", "signed-out"])
def test_who_has_left_by_the_time_it_would_ring_is_not_rung(
    phones: Phones, alice: User, leaving: str
) -> None:
    course = make_course()
    follow(alice, course)
    announce("course", course=course)
    send_due()
    if leaving == "unfollowed":
        Enrolment.objects.all().delete()
    else:
        User.objects.filter(pk=alice.pk).update(is_active=False)
    ring_due()
    assert phones.messages() == []
    assert Notification.objects.get().why == leaving


def test_a_notification_is_of_a_change_set_or_of_an_announcement(alice: User) -> None:
    with pytest.raises(IntegrityError, match="notifications_notification_of_one"):
        Notification.objects.create(user=alice, category="schedule", expires_at=timezone.now())


def test_who_wants_none_gets_none_and_who_wants_no_push_finds_it_in_the_inbox(phones: Phones) -> None:
    course = make_course()
    silent, deaf, muting, alice = (make_user(name) for name in ("silent", "deaf", "muting", "alice"))
    for user in (silent, deaf, muting, alice):
        make_device(user, f"{user.email}-phone")
        follow(user, course)
    Preferences.objects.create(user=silent, push_off=["announcements"])
    Preferences.objects.create(user=deaf, inbox_off=["announcements"])
    Preferences.objects.create(user=muting, muted_courses=[course.pk])
    announcement = announce("course", course=course)
    assert reach(announcement.pk) == Reach(people=2, phones=1)

    send_due()
    ring_due()

    assert {user.email: len(inbox(user)) for user in (silent, deaf, muting, alice)} == {
        silent.email: 1,
        deaf.email: 0,
        muting.email: 0,
        alice.email: 1,
    }
    assert Notification.objects.get(user=silent).why == "push-off"
    assert {push.device.user for push in Push.objects.all()} == {alice}
    assert len(phones.messages(f"{alice.email}-phone")) == 1


def test_push_switched_off_while_it_is_queued_rings_no_phone(phones: Phones, alice: User) -> None:
    announce()
    send_due()
    Preferences.objects.create(user=alice, push_off=["announcements"])

    ring_due()

    assert phones.messages("alice-phone") == []
    assert inbox(alice)[0]["why"] == "It did not ring: you want this kind of message in the inbox only."


def test_it_keeps_quiet_hours_but_waits_for_no_summary(phones: Phones, alice: User) -> None:
    now = timezone.now().astimezone(ZoneInfo(alice.time_zone))
    preferences = Preferences.objects.create(user=alice, summary_hour=(now.hour + 12) % 24)
    announce()
    send_due()
    ring_due()
    assert len(phones.messages("alice-phone")) == 1

    preferences.quiet_from, preferences.quiet_to = (
        (now + timedelta(hours=hours)).time() for hours in (-1, 1)
    )
    preferences.save()
    announce()
    send_due()
    ring_due()
    assert len(phones.messages("alice-phone")) == 1


def test_one_whose_messages_cannot_be_made_keeps_the_error_and_lets_others_go(
    phones: Phones, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    faulty = announce(texts={"en": {"title": "Faulty", "body": "."}})
    announce(texts={"en": {"title": "Sound", "body": "."}})
    real = announcements._expand

    def expand(announcement: Announcement, now: Any) -> None:
        if announcement.pk == faulty.pk:
            raise ZeroDivisionError("a bug in making messages")
        real(announcement, now)

    monkeypatch.setattr(announcements, "_expand", expand)
    assert [send_due() for _ in range(3)] == [1, 1, 0]
    ring_due()
    assert [each["title"] for each in phones.messages()] == ["Sound"]
    faulty.refresh_from_db()
    assert (faulty.state, faulty.attempts) == ("scheduled", 1)
    assert "a bug in making messages" in faulty.error
    assert faulty.next_try_at is not None
    assert faulty.next_try_at > timezone.now()

    monkeypatch.undo()
    Announcement.objects.filter(pk=faulty.pk).update(next_try_at=timezone.now())
    assert send_due() == 1
    faulty.refresh_from_db()
    assert (faulty.state, faulty.error) == ("sending", "")
