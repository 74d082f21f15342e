"""Phones come, change hands, get other addresses and are forgotten."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from apps.notifications import unseen
from apps.notifications.delivery import send_due
from apps.notifications.devices import MOST_DEVICES
from apps.notifications.models import Device, Push
from apps.notifications.outbox import expand_due
from apps.users import sessions
from apps.users.models import Session, User
from tests.factories.courses import change, days_ahead, follow, make_course, make_entry, make_user, record
from tests.factories.notifications import make_device
from tests.notifications.conftest import Phones


def active(user: User) -> set[str]:
    return set(Device.objects.active().filter(user=user).values_list("address", flat=True))


def signed_in(user: User) -> Session:
    sessions.open_session(user=user, device_name="", now=timezone.now())
    return Session.objects.filter(user=user).latest("created_at")


def signed_out(session: Session) -> None:
    sessions.end_sessions(
        Session.objects.filter(pk=session.pk), reason=Session.Reason.SIGNED_OUT, now=timezone.now()
    )


def _until_asked(phones: Phones) -> None:
    deadline = time.monotonic() + 20
    while not phones.requests:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def moved(entry: Any, old: str, new: str) -> None:
    record(change(entry, "rooms", [old], [new], dates=days_ahead(5)))
    expand_due()


@pytest.mark.django_db
def test_the_phone_seen_longest_ago_gives_way_to_a_twenty_first() -> None:
    alice = make_user("alice")
    for number in range(MOST_DEVICES):
        make_device(alice, f"phone{number}")
    assert len(active(alice)) == MOST_DEVICES
    make_device(alice, "phone0")
    make_device(alice, "another")
    assert len(active(alice)) == MOST_DEVICES
    assert active(alice) >= {"another", "phone0"}
    assert "20" in Device.objects.get(address="phone1").retired_why


@pytest.mark.django_db
def test_the_phones_of_others_and_retired_ones_do_not_count() -> None:
    alice, bob = make_user("alice"), make_user("bob")
    for number in range(MOST_DEVICES):
        make_device(bob, f"bob{number}")
        make_device(alice, f"alice{number}")
    Device.objects.filter(address="alice7").update(retired_at=Now())
    make_device(alice, "another")
    assert (len(active(alice)), len(active(bob))) == (MOST_DEVICES, MOST_DEVICES)
    assert "alice0" in active(alice)


@pytest.mark.django_db(transaction=True)
def test_however_many_register_at_once_a_user_has_twenty() -> None:
    alice = make_user("alice")

    def register(number: int) -> None:
        try:
            make_device(alice, f"phone{number}")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(register, range(MOST_DEVICES * 2)))
    assert len(active(alice)) == MOST_DEVICES


@pytest.mark.django_db(transaction=True)
def test_phones_that_change_hands_at_once_end_with_one_owner_each() -> None:
    users = [make_user(f"student{number}") for number in range(4)]
    owners = [(user, signed_in(user).pk) for user in users]

    def register(turn: int) -> None:
        try:
            user, session = owners[turn % 4]
            make_device(user, f"phone{turn % 3}", session=session)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(register, range(48)))
    assert Device.objects.count() == 3
    assert all(len(active(user)) <= 1 for user in users)


@pytest.mark.django_db
def test_phones_unseen_for_sixty_days_are_retired_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unseen, "BATCH", 2)
    alice = make_user("alice")
    for number, days in enumerate((61, 70, 80, 59, 0)):
        make_device(alice, f"phone{number}")
        Device.objects.filter(address=f"phone{number}").update(registered_at=Now() - timedelta(days=days))
    assert [unseen.retire_unseen() for _ in range(3)] == [2, 1, 0]
    assert active(alice) == {"phone3", "phone4"}


@pytest.mark.django_db
def test_an_unseen_phone_that_comes_back_rings_again(phones: Phones) -> None:
    alice, entry = make_user("alice"), make_entry(make_course())
    follow(alice, entry.course)
    make_device(alice, "phone")
    Device.objects.update(registered_at=Now() - timedelta(days=61))
    unseen.retire_unseen()
    moved(entry, "A", "B")
    make_device(alice, "phone")
    moved(entry, "B", "C")
    send_due()
    assert [each["body"] for each in phones.messages("phone")] == ["Tue 11:15: B → C"]


@pytest.mark.django_db
def test_when_alice_signs_out_and_bob_signs_in_her_messages_ring_no_more_and_his_do(phones: Phones) -> None:
    alice, bob, entry = make_user("alice"), make_user("bob"), make_entry(make_course())
    follow(alice, entry.course)
    follow(bob, entry.course)
    hers = signed_in(alice)
    make_device(alice, "phone", session=hers.pk)
    moved(entry, "A", "B")
    signed_out(hers)
    make_device(bob, "phone", session=signed_in(bob).pk)
    moved(entry, "B", "C")
    send_due()
    told = Push.objects.filter(status="sent").values_list("notification__user__first_name", flat=True)
    assert list(told) == ["Bob"]
    assert len(phones.messages("phone")) == 1


@pytest.mark.django_db
def test_alice_signing_out_late_does_not_silence_bob() -> None:
    alice, bob = make_user("alice"), make_user("bob")
    hers = signed_in(alice)
    make_device(alice, "phone", session=hers.pk)
    make_device(bob, "phone", session=signed_in(bob).pk)
    signed_out(hers)
    assert (active(alice), active(bob)) == (set(), {"phone"})


@pytest.mark.django_db
def test_what_the_phone_told_alice_it_tells_bob_all_the_same(phones: Phones) -> None:
    alice, bob, entry = make_user("alice"), make_user("bob"), make_entry(make_course())
    follow(alice, entry.course)
    hers = signed_in(alice)
    make_device(alice, "phone", session=hers.pk)
    moved(entry, "A", "B")
    record(change(entry, "rooms", ["B"], ["C"], dates=days_ahead(5)))
    send_due()
    signed_out(hers)
    follow(bob, entry.course)
    make_device(bob, "phone", session=signed_in(bob).pk)
    expand_due()
    send_due()
    assert [each["body"] for each in phones.messages("phone")] == ["Tue 11:15: A → C", "Tue 11:15: B → C"]


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["token", "fid"])
def test_another_address_of_the_same_sign_in_is_the_same_phone(kind: str) -> None:
    alice = make_user("alice")
    session = signed_in(alice).pk
    first = make_device(alice, "old", session=session)
    second = make_device(alice, "new", session=session, kind=kind)
    assert first.pk == second.pk
    assert (active(alice), second.kind) == ({"new"}, kind)


@pytest.mark.django_db
def test_going_back_to_an_address_of_before_leaves_one_phone() -> None:
    alice = make_user("alice")
    session = signed_in(alice).pk
    make_device(alice, "old")
    make_device(alice, "new", session=session)
    make_device(alice, "old", session=session)
    assert active(alice) == {"old"}


@pytest.mark.django_db
def test_a_session_of_another_lends_nobody_its_phone() -> None:
    alice, bob = make_user("alice"), make_user("bob")
    session = signed_in(alice).pk
    make_device(alice, "alice", session=session)
    make_device(bob, "bob", session=session)
    assert (active(alice), active(bob)) == ({"alice"}, {"bob"})


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["token", "fid"])
def test_an_address_renewed_while_fcm_refuses_the_old_one_gets_the_message(phones: Phones, kind: str) -> None:
    alice, entry = make_user("alice"), make_entry(make_course())
    follow(alice, entry.course)
    session = signed_in(alice).pk
    make_device(alice, "old", session=session, kind=kind)
    moved(entry, "A", "B")
    phones.fail(address="old", status=404, error_code="UNREGISTERED", delay=1.0)

    def send() -> None:
        try:
            send_due()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(send)
        _until_asked(phones)
        make_device(alice, "new", session=session, kind=kind)
        assert Push.objects.get().status == "pending"
        sending.result()
    assert active(alice) == {"new"}
    Push.objects.update(next_try_at=Now())
    send_due()
    assert Push.objects.get().status == "sent"
    [told] = phones.messages("new")
    assert told["message"][kind] == "new"


@pytest.mark.django_db
def test_an_unknown_session_is_no_reason_to_share_a_phone() -> None:
    alice = make_user("alice")
    make_device(alice, "one", session=uuid.uuid4())
    make_device(alice, "two", session=uuid.uuid4())
    make_device(alice, "three")
    make_device(alice, "four")
    assert active(alice) == {"one", "two", "three", "four"}


@pytest.mark.django_db
def test_long_after_it_was_retired_a_phone_is_removed(settings: Any) -> None:
    settings.DEVICE_RETENTION = timedelta(days=180)
    alice = make_user("alice")
    old, recent, active_one = (make_device(alice, name) for name in ("old", "recent", "active"))
    Device.objects.filter(pk=old.pk).update(retired_at=Now() - timedelta(days=181))
    Device.objects.filter(pk=recent.pk).update(retired_at=Now() - timedelta(days=179))
    Device.objects.filter(pk=active_one.pk).update(registered_at=Now() - timedelta(days=400))
    assert [unseen.remove_retired(), unseen.remove_retired()] == [1, 0]
    assert set(Device.objects.values_list("address", flat=True)) == {"recent", "active"}
    again = make_device(alice, "old")
    assert (again.pk == old.pk, again.retired_at) == (False, None)
