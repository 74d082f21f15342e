"""A test push for one's own phone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from rest_framework.exceptions import Throttled
from rest_framework.test import APIClient

from apps.notifications.delivery import send_due
from apps.notifications.models import Device, Notification, Pause, Push
from apps.notifications.outbox import expand_due
from apps.notifications.pauses import pause
from apps.notifications.trials import ask_for_test
from apps.users.models import User
from tests.factories.courses import change, days_ahead, follow, make_course, make_entry, make_user, record
from tests.factories.notifications import make_device
from tests.notifications.conftest import Phones

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    return make_user("alice")


def client(user: User) -> APIClient:
    found = APIClient()
    found.force_authenticate(user)
    return found


def ask(user: User, device: Device) -> Any:
    return client(user).post(f"/api/v1/me/devices/{device.pk}/test/")


def last_test(user: User) -> Any:
    [device] = client(user).get("/api/v1/me/devices/").json()["results"]
    return device["last_test"]


@pytest.mark.parametrize("kind", ["token", "fid"])
def test_it_rings_that_phone_alone_and_is_in_no_inbox(phones: Phones, alice: User, kind: str) -> None:
    device = make_device(alice, "phone", kind=kind)
    make_device(alice, "tablet")
    answer = ask(alice, device)
    assert (answer.status_code, answer.json()["status"]) == (202, "pending")
    assert send_due() == 1
    [told] = phones.messages()
    assert (told["address"], told["title"]) == ("phone", "It rings")
    assert told["data"] == {"notification": f"test-{device.pk}", "kind": "test"}
    assert told["message"]["android"]["priority"] == "high"
    assert not Notification.objects.exists()
    assert client(alice).get("/api/v1/me/notifications/").json()["results"] == []


def test_it_speaks_the_language_of_the_user(phones: Phones, alice: User) -> None:
    User.objects.update(language="sr")
    ask(alice, make_device(alice, "phone"))
    send_due()
    assert phones.messages()[0]["title"] == "Stiglo je"


def test_what_became_of_it_is_told_with_the_phone(phones: Phones, alice: User) -> None:
    device = make_device(alice, "phone")
    assert last_test(alice) is None
    asked = ask(alice, device).json()
    assert last_test(alice) == asked == {**asked, "status": "pending", "settled_at": None}
    send_due()
    assert last_test(alice)["status"] == "sent"
    assert last_test(alice)["settled_at"] > asked["asked_at"]


def test_a_second_within_a_minute_is_told_when_to_come_back(alice: User) -> None:
    device = make_device(alice, "phone")
    ask(alice, device)
    refused = ask(alice, device)
    assert refused.status_code == 429
    assert 50 < int(refused["Retry-After"]) <= 60
    assert refused["Content-Type"] == "application/problem+json"
    assert ask(alice, make_device(alice, "tablet")).status_code == 202


def test_after_a_minute_it_rings_again_and_the_last_one_counts(phones: Phones, alice: User) -> None:
    device = make_device(alice, "phone")
    ask(alice, device)
    phones.fail(status=400, error_code="INVALID_ARGUMENT", fields=["message.android.ttl"])
    send_due()
    assert last_test(alice)["status"] == "dead"
    Push.objects.update(created_at=Now() - timedelta(seconds=60))
    assert ask(alice, device).status_code == 202
    assert last_test(alice)["status"] == "pending"
    send_due()
    assert last_test(alice)["status"] == "sent"
    assert Push.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_however_many_ask_at_once_it_rings_once(alice: User) -> None:
    device = make_device(alice, "phone")

    def once(_: int) -> bool:
        try:
            ask_for_test(device=device)
        except Throttled:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(once, range(16))) == 1
    assert Push.objects.count() == 1


def test_the_phone_of_another_and_one_signed_out_are_not_found(alice: User) -> None:
    assert ask(alice, make_device(make_user("bob"), "bob")).status_code == 404
    device = make_device(alice, "phone")
    Device.objects.update(retired_at=Now())
    assert ask(alice, device).status_code == 404
    assert APIClient().post(f"/api/v1/me/devices/{device.pk}/test/").status_code == 401
    assert not Push.objects.exists()


def test_a_phone_that_is_gone_is_retired_by_its_test(phones: Phones, alice: User) -> None:
    ask(alice, make_device(alice, "phone"))
    phones.fail(status=404, error_code="UNREGISTERED")
    send_due()
    assert not Device.objects.active().exists()
    assert client(alice).get("/api/v1/me/devices/").json()["results"] == []


def test_it_waits_while_nothing_may_be_sent_and_is_not_sent_late(phones: Phones, alice: User) -> None:
    device = make_device(alice, "phone")
    pause(scope=Pause.EVERYTHING, wait=timedelta(minutes=1), why="quota")
    ask(alice, device)
    assert send_due() == 0
    Pause.objects.all().delete()
    Push.objects.update(expires_at=Now())
    send_due()
    assert (last_test(alice)["status"], phones.requests) == ("expired", 0)


def test_the_next_owner_of_the_phone_is_not_rung_by_it_nor_told_of_it(phones: Phones, alice: User) -> None:
    ask(alice, make_device(alice, "phone"))
    bob = make_user("bob")
    device = make_device(bob, "phone")
    assert (send_due(), phones.requests, last_test(bob)) == (0, 0, None)
    assert ask(bob, device).status_code == 202


def test_one_who_may_not_sign_in_any_more_is_not_rung(phones: Phones, alice: User) -> None:
    ask(alice, make_device(alice, "phone"))
    User.objects.update(is_active=False)
    send_due()
    assert (phones.requests, Push.objects.get().status) == (0, "cancelled")


def test_it_changes_nothing_for_the_messages_beside_it(phones: Phones, alice: User) -> None:
    entry = make_entry(make_course())
    follow(alice, entry.course)
    device = make_device(alice, "phone")
    record(change(entry, "rooms", ["A"], ["B"], dates=days_ahead(5)))
    expand_due()
    ask(alice, device)
    assert send_due() == 2
    assert {each["title"] for each in phones.messages()} == {"It rings", "Algorithms: new room"}
    record(change(entry, "rooms", ["B"], ["C"], dates=days_ahead(5)))
    expand_due()
    send_due()
    assert [each["body"] for each in phones.messages()][-1] == "Tue 11:15: B → C"
