"""POST /me/deletion/: everything falls silent at once, signing in takes it back, and after fourteen days nothing is left."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session as Visit
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.courses.calendar import feeds
from apps.courses.models import Course, Enrolment, Override
from apps.courses.staff_edits import set_override
from apps.mail import outbox
from apps.mail.models import Letter
from apps.notifications.models import Device, Notification, Push
from apps.users import exporting
from apps.users.deletion import erase, purge
from apps.users.models import Session, User
from apps.users.sessions import open_session
from tests.architecture.test_statements import alice as someone_with_everything
from tests.factories.documents import api_id
from tests.users.conftest import PASSWORD, Phone

URL = "/api/v1/me/deletion/"
NOW = "2026-10-01T09:00:00Z"


pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_october(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def signed_in(phone: Phone, alice: User) -> Phone:
    phone.credentials(HTTP_AUTHORIZATION=f"Bearer {phone.sign_in(alice)['access']}")
    return phone


def asked_for(user: User) -> bool:
    user.refresh_from_db()
    return user.deletion_requested_at is not None


def subjects() -> list[str]:
    return list(Letter.objects.order_by("created_at").values_list("subject", flat=True))


def test_with_the_password_it_is_accepted_and_a_letter_tells_the_day(signed_in: Phone, alice: User) -> None:
    answer = signed_in.post(URL, {"password": PASSWORD})

    assert (answer.status_code, answer.json()) == (202, {"purge_at": "2026-10-15T09:00:00Z"})
    assert asked_for(alice)
    letter = Letter.objects.get()
    assert (letter.address, letter.subject) == ("alice@example.org", "Your account is going to be deleted")
    assert "15.10.2026" in letter.text


def test_the_letter_is_in_the_users_language(signed_in: Phone, alice: User) -> None:
    User.objects.update(language="sr")

    signed_in.post(URL, {"password": PASSWORD})

    assert Letter.objects.get().subject == "Vaš nalog će biti obrisan"


def test_every_session_and_every_phone_is_dead_at_once(phone: Phone, alice: User, bob: User) -> None:
    mine, other, of_bob = phone.sign_in(alice), phone.sign_in(alice), phone.sign_in(bob)
    phone.credentials(HTTP_AUTHORIZATION=f"Bearer {mine['access']}")
    phone.put("/api/v1/me/devices/", {"kind": "token", "address": "a", "platform": "ios"})
    Device.objects.create(user=alice, kind="token", address="b", digest="b", platform="web")

    assert phone.post(URL, {}).status_code == 202

    for tokens in (mine, other):
        assert Phone().me(tokens["access"]).status_code == 401
        assert Phone().refresh(tokens["refresh"]).status_code == 401
    assert not Device.objects.active().filter(user=alice).exists()
    assert Phone().me(of_bob["access"]).status_code == 200
    assert set(Session.objects.filter(user=alice).values_list("revoked_reason", flat=True)) == {
        "deletion_requested"
    }


@pytest.mark.parametrize("status", ["pending", "held"])
def test_what_waits_to_be_pushed_or_written_is_cancelled(status: str) -> None:
    alice = someone_with_everything(3)
    Push.objects.update(status=status)
    Push.objects.filter(pk=Push.objects.order_by("pk")[0].pk).update(status="sent")
    outbox.post(
        [
            outbox.Draft(
                to="alice@example.org",
                subject="News",
                text=".",
                expires_at=timezone.now() + timedelta(1),
                user=alice.user.pk,
            )
        ]
    )

    assert alice.phone.post(URL, {}).status_code == 202

    assert set(Push.objects.values_list("status", flat=True)) == {"sent", "cancelled"}
    assert subjects() == ["Your account is going to be deleted"]
    silent = Notification.objects.exclude(pushes__status="sent")
    assert set(silent.values_list("why", flat=True)) == {"signed-out"}


def test_what_a_worker_has_in_hand_is_left_to_it() -> None:
    alice = someone_with_everything(3)
    Push.objects.update(lease_until=Now() + timedelta(minutes=1))

    alice.phone.post(URL, {})

    assert set(Push.objects.values_list("status", flat=True)) == {"pending"}


def test_the_calendar_feed_and_the_admin_are_shut(signed_in: Phone, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_staff=True, is_superuser=True)
    alice.refresh_from_db()
    staff = Client()
    staff.force_login(alice)
    assert staff.get(reverse("admin:index")).status_code == 200
    _, secret = feeds.rotate(user_id=alice.pk, now=timezone.now())

    signed_in.post(URL, {"password": PASSWORD})

    assert Phone().get(f"/calendar/{secret}.ics").status_code == 404
    assert staff.get(reverse("admin:index")).status_code == 302


def test_a_sign_in_of_the_last_five_minutes_does_instead_of_the_password(
    signed_in: Phone, alice: User, time_machine: Any
) -> None:
    time_machine.shift(timedelta(minutes=5))

    assert signed_in.post(URL).status_code == 202


def test_an_older_sign_in_does_not_and_no_refresh_makes_it_younger(
    phone: Phone, alice: User, time_machine: Any
) -> None:
    tokens = phone.sign_in(alice)
    time_machine.shift(timedelta(minutes=5, seconds=1))
    access = phone.refresh(tokens["refresh"]).json()["access"]
    phone.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")

    answer = phone.post(URL, {})

    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:campanile:problem:sign_in_again"
    assert not asked_for(alice)
    assert phone.post(URL, {"password": PASSWORD}).status_code == 202


def test_an_account_without_a_password_needs_a_fresh_sign_in(
    phone: Phone, bob: User, time_machine: Any
) -> None:
    bob.set_unusable_password()
    bob.save()
    pair = open_session(user=bob, device_name="", now=timezone.now())
    phone.credentials(HTTP_AUTHORIZATION=f"Bearer {pair.access}")

    assert phone.post(URL, {"password": ""}).status_code == 400
    assert phone.post(URL, {"password": bob.password}).status_code == 400
    assert phone.post(URL, {}).status_code == 202


def test_a_wrong_password_is_named_and_counts_as_a_wrong_sign_in(signed_in: Phone, alice: User) -> None:
    for _ in range(5):
        answer = signed_in.post(URL, {"password": "wrong"})
        assert answer.status_code == 400
        assert [each["field"] for each in answer.json()["errors"]] == ["password"]

    refused = signed_in.post(URL, {"password": PASSWORD})

    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0
    assert (
        Phone().post("/api/v1/auth/token/", {"email": alice.email, "password": PASSWORD}).status_code == 429
    )
    assert not asked_for(alice)


@pytest.mark.parametrize("password", [None, 7, True, [], {}, "x" * 1025, "a\0b", "\ud800"])
def test_an_odd_password_is_400(signed_in: Phone, alice: User, password: object) -> None:
    answer = signed_in.post(URL, json.dumps({"password": password}), content_type="application/json")

    assert answer.status_code == 400
    assert [each["field"] for each in answer.json()["errors"]] == ["password"]
    assert not asked_for(alice)


def test_signing_in_takes_it_back_and_a_letter_says_so(
    signed_in: Phone, alice: User, time_machine: Any
) -> None:
    signed_in.post(URL, {"password": PASSWORD})
    time_machine.shift(timedelta(days=13, hours=23))
    assert Phone().post("/api/v1/auth/token/", {"email": alice.email, "password": "wrong"}).status_code == 401
    assert asked_for(alice)

    tokens = Phone().sign_in(alice)

    assert Phone().me(tokens["access"]).status_code == 200
    assert not asked_for(alice)
    assert alice.is_active
    assert subjects() == ["Your account is going to be deleted", "Your account stays"]
    time_machine.shift(timedelta(days=30))
    assert purge() == 0


def test_whom_staff_have_deactivated_does_not_come_back(signed_in: Phone, alice: User) -> None:
    boss = User.objects.create_superuser("boss@example.org", PASSWORD)
    staff = Client()
    staff.force_login(boss)
    signed_in.post(URL, {"password": PASSWORD})

    staff.post(
        reverse("admin:users_user_changelist"), {"action": "deactivate", "_selected_action": [str(alice.pk)]}
    )

    answer = Phone().post("/api/v1/auth/token/", {"email": alice.email, "password": PASSWORD})
    assert answer.status_code == 401
    assert asked_for(alice)


def test_after_fourteen_days_and_not_before_nothing_is_left(bob: User, time_machine: Any) -> None:
    alice = someone_with_everything(3).user
    User.objects.filter(pk=alice.pk).update(first_name="Alisa-Marija", is_staff=True)
    alice.refresh_from_db()
    leave_traces(alice, bob)
    time_machine.shift(timedelta(seconds=1))
    phone = Phone()
    phone.credentials(HTTP_AUTHORIZATION=f"Bearer {phone.sign_in(alice)['access']}")
    addresses = list(Device.objects.filter(user=alice).values_list("address", flat=True))
    assert phone.post(URL, {}).status_code == 202
    marks = [str(alice.pk), alice.email, "Alisa-Marija", *addresses]
    assert len(found(marks)) > 8

    time_machine.move_to("2026-10-15T09:00:00Z", tick=False)
    assert purge() == 0
    time_machine.move_to("2026-10-15T09:00:01Z", tick=False)
    assert purge() == 1

    assert found(marks) == {}
    assert not Visit.objects.exists()
    assert Override.objects.get().author is None
    hers, of_her = LogEntry.objects.order_by("pk")
    assert (str(hers.user), hers.object_repr) == ("a deleted account", bob.email)
    assert (of_her.user, of_her.object_repr, of_her.change_message) == (bob, "a deleted user", "")
    assert purge() == 0
    assert Course.objects.exists()
    assert User.objects.filter(pk=bob.pk).exists()
    assert Enrolment.objects.filter(user=bob).exists()


def test_what_deleted_staff_did_is_one_account_that_nobody_can_use_or_delete(alice: User, bob: User) -> None:
    course = ContentType.objects.get_for_model(Course)
    for author in (alice, bob):
        LogEntry.objects.create(
            user=author, content_type=course, object_repr="Algorithms", action_flag=CHANGE
        )
    with transaction.atomic():
        erase([alice])
    with transaction.atomic():
        erase([bob])

    nobody = User.objects.get()
    assert {entry.user for entry in LogEntry.objects.all()} == {nobody}
    assert not nobody.may_sign_in
    assert not nobody.has_usable_password()
    staff = Client()
    staff.force_login(User.objects.create_superuser("boss@example.org", PASSWORD))
    assert str(nobody) not in staff.get(reverse("admin:users_user_changelist")).content.decode()
    assert '?role=student">0<' in staff.get(reverse("admin:auth_group_changelist")).content.decode()
    staff.post(reverse("admin:users_user_delete", args=[nobody.pk]), {"post": "yes"})
    assert LogEntry.objects.filter(user=nobody).count() == 2


def leave_traces(alice: User, bob: User) -> None:
    """Beside what everybody has: work of staff, what staff did to her, letters, an export, visits to the admin."""
    set_override(object_id=api_id("c0"), fields={"title": "Alice's title"}, author=alice)
    user_type = ContentType.objects.get_for_model(User)
    for author, whom in ((alice, bob), (bob, alice)):
        LogEntry.objects.create(
            user=author,
            content_type=user_type,
            object_id=str(whom.pk),
            object_repr=str(whom),
            action_flag=CHANGE,
            change_message=str(whom.email),
        )
    later = timezone.now() + timedelta(days=1)
    outbox.post([outbox.Draft(to=alice.email, subject="Before the account", text=".", expires_at=later)])
    Letter.objects.update(status="sent", settled_at=timezone.now())
    exporting.order(user=alice.pk, now=timezone.now())
    exporting.build_due()
    staff = Client()
    staff.force_login(alice)
    Enrolment.objects.create(user=bob, course_id=api_id("c0"))


def found(marks: list[str]) -> dict[str, int]:
    """The tables with a row that holds one of the marks, in whatever column."""
    counts = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(
                f'SELECT count(*) FROM "{table}" AS held WHERE EXISTS (SELECT FROM unnest(%s::text[]) AS mark'
                " WHERE strpos(held::text, mark) > 0)",
                [marks],
            )
            if count := cursor.fetchone()[0]:
                counts[table] = count
    return counts
