"""Announcements to very many do not keep a timetable push waiting."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.db import connection

from apps.notifications.announcements import send_due as announce_due
from apps.notifications.delivery import send_due
from apps.notifications.models import Push
from apps.notifications.outbox import expand_due
from tests.factories.courses import change, days_ahead, follow, make_course, make_entry, make_user, record
from tests.factories.notifications import announce, make_device
from tests.notifications.conftest import Phones
from tests.notifications.test_sending_once import _wait_until

pytestmark = pytest.mark.django_db(transaction=True)
CROWD = 60


@pytest.fixture(autouse=True)
def crowd() -> None:
    for number in range(CROWD):
        make_device(make_user(f"student{number}"), f"crowd{number}")
    announce()
    announce_due()


def move_a_far_lecture() -> None:
    """Far, so that its push has no high priority."""
    entry = make_entry(make_course())
    alice = make_user("alice")
    make_device(alice, "alice-phone")
    follow(alice, entry.course)
    record(change(entry, "rooms", ["Raf01"], ["Raf20"], dates=days_ahead(7)))
    expand_due()


@contextmanager
def sending() -> Iterator[None]:
    def run() -> None:
        try:
            send_due()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(run)
        yield
        under_way.result()


def test_a_later_timetable_push_is_claimed_first(phones: Phones, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.notifications.delivery.BATCH", 1)
    move_a_far_lecture()
    send_due()
    assert [message["address"] for message in phones.messages()] == ["alice-phone"]


def test_a_batch_that_is_under_way_gives_way_and_goes_on_afterwards(phones: Phones) -> None:
    phones.fail(status=200, delay=0.3, times=CROWD + 1)
    with sending():
        _wait_until(lambda: len(phones.messages()) > 0)
        move_a_far_lecture()
    before = len(phones.messages())
    assert before < CROWD
    while send_due():
        pass
    addresses = [message["address"] for message in phones.messages()]
    assert addresses.index("alice-phone") < before + 8
    assert sorted(addresses) == sorted(["alice-phone", *(f"crowd{n}" for n in range(CROWD))])
    assert set(Push.objects.values_list("status", flat=True)) == {"sent"}
