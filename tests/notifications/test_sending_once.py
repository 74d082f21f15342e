"""A push is sent once; what a crash makes repeat carries the same marks."""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.notifications import delivery
from apps.notifications.claimed import Claimed
from apps.notifications.delivery import claim, send_due
from apps.notifications.models import Notification, Push
from apps.notifications.outbox import expand_due, turn
from apps.notifications.reconsidering import reconsider
from tests.factories.courses import change, days_ahead, follow, make_course, make_entry, make_user, record
from tests.factories.notifications import make_device
from tests.notifications.conftest import Phones

T = TypeVar("T")

pytestmark = pytest.mark.django_db(transaction=True)


def _queue(users: int) -> None:
    entry = make_entry(make_course())
    for number in range(users):
        user = make_user(f"student{uuid.uuid4().hex[:8]}")
        follow(user, entry.course)
        make_device(user, f"phone{number}")
    record(change(entry, "rooms", ["Raf01"], ["Raf20"], dates=days_ahead(7)))


@contextmanager
def _under_way(work: Callable[[], object], workers: int = 1) -> Iterator[None]:
    """`work` in threads, each with a connection of its own; what one raises is raised here."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    with ThreadPoolExecutor(workers) as pool:
        running = [pool.submit(run) for _ in range(workers)]
        yield
        for each in running:
            each.result()


def _until_nothing_is_left(work: Callable[[], int]) -> None:
    while work():
        pass


def test_workers_side_by_side_notify_each_user_once() -> None:
    _queue(20)
    with _under_way(lambda: _until_nothing_is_left(expand_due), workers=4):
        pass
    assert Notification.objects.count() == 20
    assert Push.objects.count() == 20


def test_workers_side_by_side_send_each_push_once(phones: Phones, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.notifications.delivery.BATCH", 5)
    _queue(60)
    expand_due()
    with _under_way(lambda: _until_nothing_is_left(send_due), workers=4):
        pass
    addresses = [message["address"] for message in phones.messages()]
    assert sorted(addresses) == sorted(f"phone{number}" for number in range(60))
    assert set(Push.objects.values_list("status", flat=True)) == {"sent"}


def test_a_worker_killed_between_the_answer_and_the_commit_repeats_under_the_same_marks(
    phones: Phones,
) -> None:
    _queue(1)
    expand_due()
    phones.fail(status=200, delay=30)
    with _worker(phones) as worker:
        try:
            _wait_until(lambda: len(phones.messages()) == 1)
        finally:
            worker.kill()

    assert send_due() == 0, "the lease of the dead worker still holds"
    Push.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert send_due() == 1

    first, second = (message["message"] for message in phones.messages())
    assert Push.objects.get().status == "sent"
    assert first["data"] == second["data"]
    assert first["data"]["notification"] == str(Notification.objects.get().pk)
    assert first["android"]["notification"]["tag"] == second["android"]["notification"]["tag"]
    assert first["apns"]["headers"]["apns-collapse-id"] == second["apns"]["headers"]["apns-collapse-id"]
    assert first["webpush"]["notification"]["tag"] == second["webpush"]["notification"]["tag"]


def _worker(phones: Phones) -> "subprocess.Popen[bytes]":
    """Another process that sends what is due, on the database of this test."""
    database = connection.settings_dict
    code = (
        "import django; django.setup()\n"
        "from django.conf import settings\n"
        f"settings.DATABASES['default']['NAME'] = {database['NAME']!r}\n"
        "from apps.notifications.delivery import send_due\n"
        "send_due()\n"
    )
    environ = {
        **os.environ,
        "FCM_EMULATOR_HOST": phones.host,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
    }
    return subprocess.Popen([sys.executable, "-c", code], env=environ)


def _wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_nothing_is_sent_inside_a_transaction(phones: Phones) -> None:
    _queue(1)
    expand_due()
    phones.fail(status=200, delay=0.5)
    with _under_way(send_due):
        _wait_until(lambda: len(phones.messages()) == 1)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'"
            )
            assert cursor.fetchone() == (0,)


def test_outcomes_are_written_while_others_are_still_under_way(phones: Phones) -> None:
    _queue(2)
    expand_due()
    phones.fail(address="phone1", status=200, delay=3)
    with _under_way(send_due):
        _wait_until(lambda: Push.objects.filter(status="sent", device__address="phone0").exists())
        assert Push.objects.get(device__address="phone1").status == "pending"
    assert Push.objects.get(device__address="phone1").status == "sent"


def test_a_push_that_is_being_claimed_is_passed_over_not_waited_for() -> None:
    _queue(1)
    expand_due()
    with transaction.atomic():
        assert len(claim()[0]) == 1
        with ThreadPoolExecutor(1) as pool:
            other = pool.submit(_on_its_own_connection, lambda: claim()[0])
            assert other.result(timeout=20) == []


def test_while_one_worker_expands_the_others_wait_their_turn() -> None:
    """Two change sets of one object, expanded at once, would both tell it."""
    _queue(1)
    _queue(1)
    with turn() as mine:
        assert mine
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(_on_its_own_connection, expand_due).result(timeout=20) == 0
    assert expand_due() == 2


def _on_its_own_connection(work: Callable[[], T]) -> T:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '5s'")
        return work()
    finally:
        connection.close()


def test_one_that_expires_after_the_last_look_is_not_taken_for_a_fault(
    phones: Phones, monkeypatch: pytest.MonkeyPatch
) -> None:
    _queue(1)
    _until_nothing_is_left(expand_due)

    def in_the_last_moment(pushes: list[Claimed], *args: Any, **named: Any) -> Any:
        monkeypatch.setattr(delivery, "reconsider", reconsider)
        moment = timezone.now()
        for push in pushes:
            push.expires_at = moment + timedelta(milliseconds=1)
        Push.objects.update(expires_at=moment + timedelta(milliseconds=1))
        found = reconsider(pushes, *args, **named)
        time.sleep(0.01)
        return found

    monkeypatch.setattr(delivery, "reconsider", in_the_last_moment)
    assert (send_due(), send_due()) == (1, 1)
    assert Push.objects.get().status == Push.Status.EXPIRED
    assert phones.messages() == []
