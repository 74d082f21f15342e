"""A letter is sent once, by one worker of however many; what a crash makes repeat is known by its Message-ID."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from apps.mail.delivery import claim, send_due
from apps.mail.models import Letter
from apps.mail.outbox import post
from apps.mail.outcomes import Outcome, Verdict
from apps.mail.settling import settle
from tests.fakes.smtp import HANG, MailServer
from tests.faults.waiting import until
from tests.mail.conftest import draft, post_one

pytestmark = pytest.mark.django_db(transaction=True)


def _send_all() -> None:
    try:
        while send_due():
            pass
    finally:
        connection.close()


def _worker(server: MailServer) -> "subprocess.Popen[bytes]":
    """Another process that sends what is due, on the database of this test."""
    code = (
        "import django; django.setup()\n"
        "from django.conf import settings\n"
        f"settings.DATABASES['default']['NAME'] = {connection.settings_dict['NAME']!r}\n"
        "from apps.mail.delivery import send_due\n"
        "send_due()\n"
    )
    environ = {
        **os.environ,
        "EMAIL_URL": f"smtp://127.0.0.1:{server.port}",
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
    }
    return subprocess.Popen([sys.executable, "-c", code], env=environ)


def test_workers_side_by_side_send_each_letter_once(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.mail.delivery.BATCH", 3)
    addresses = [f"student{number}@example.org" for number in range(40)]
    post([draft(address) for address in addresses])
    with ThreadPoolExecutor(4) as pool:
        for running in [pool.submit(_send_all) for _ in range(4)]:
            running.result()
    assert sorted(letter["To"] for letter in server.letters) == sorted(addresses)
    assert set(Letter.objects.values_list("status", "attempts")) == {("sent", 1)}


def test_a_letter_that_is_being_claimed_is_passed_over_not_waited_for() -> None:
    post_one()
    with transaction.atomic():
        assert len(claim()[0]) == 1
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(_claimed_elsewhere).result(timeout=20) == 0


def _claimed_elsewhere() -> int:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '5s'")
        return len(claim()[0])
    finally:
        connection.close()


def test_a_worker_killed_between_the_answer_and_the_commit_repeats_one_letter_under_the_same_id(
    server: MailServer,
) -> None:
    post([draft("alice@example.org"), draft("bob@example.org", bulk=True)])
    server.fail("DATA", HANG, to="alice@example.org", kept=True)
    worker = _worker(server)
    try:
        until(lambda: server.letters, seconds=60)
    finally:
        worker.kill()
        worker.wait()
    server.mend()

    assert send_due() == 0, "the lease of the dead worker still holds"
    Letter.objects.update(lease_until=Now() - timedelta(seconds=1))
    assert send_due() == 2
    first, second = server.to("alice@example.org")
    assert first["Message-ID"] == second["Message-ID"] == Letter.objects.get(bulk=False).message_id
    assert len(server.to("bob@example.org")) == 1
    assert set(Letter.objects.values_list("status", flat=True)) == {"sent"}


def test_nothing_is_sent_inside_a_transaction(server: MailServer) -> None:
    post_one()
    server.fail("DATA", HANG, kept=True)
    worker = _worker(server)
    try:
        until(lambda: server.letters, seconds=60)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'"
            )
            assert cursor.fetchone() == (0,)
    finally:
        worker.kill()
        worker.wait()


def test_a_worker_that_was_too_slow_takes_nothing_back_from_the_one_that_took_over(
    server: MailServer,
) -> None:
    post_one()
    (slow,), _ = claim()
    Letter.objects.update(lease_until=None)
    send_due()

    settle(slow, Outcome(Verdict.RETRY, "timed out"))
    settle(slow, Outcome(Verdict.DEAD, "550 no"))
    assert Letter.objects.get().status == "sent"
