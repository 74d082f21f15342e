"""The committed revision: never more than 100 ms behind, and never in the way."""

import threading
import time
from collections.abc import Iterator

import pytest
from django.db import connection

from apps.core.committed import News
from apps.core.errors import Unavailable
from apps.core.models import LaneHeartbeat
from apps.core.revision import CommittedRevision


class Database:
    """Stands in for the statement alone: a number that commits move, and that can be slow, refused or hanging."""

    def __init__(self) -> None:
        self.number = 1
        self.changed: list[str] = []
        self.reads = 0
        self.away = False
        self.answering = threading.Event()
        self.answering.set()

    def read(self, since: int | None) -> News:
        self.reads += 1
        self.answering.wait(10)
        if self.away:
            raise ConnectionRefusedError
        return News(self.number, self.changed)


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def revision(database: Database) -> Iterator[CommittedRevision]:
    revision = CommittedRevision(database.read)
    yield revision
    database.answering.set()
    revision.close()


def seconds_of(revision: CommittedRevision) -> float:
    started = time.monotonic()
    revision.current()
    return time.monotonic() - started


def test_it_is_read_at_most_every_100_ms_while_asked(database: Database, revision: CommittedRevision) -> None:
    end = time.monotonic() + 0.55
    while time.monotonic() < end:
        revision.current()
    assert 2 <= database.reads <= 6


def test_nobody_asking_reads_nothing(database: Database, revision: CommittedRevision) -> None:
    revision.current()
    time.sleep(0.3)
    assert database.reads == 1


def test_a_commit_is_seen_within_100_ms_by_every_thread(
    database: Database, revision: CommittedRevision
) -> None:
    stop = time.monotonic() + 0.6
    late: list[float] = []
    committed_at = [time.monotonic()]

    def ask() -> None:
        while time.monotonic() < stop:
            asked = time.monotonic()
            number, (seen, since) = revision.current().revision, (database.number, committed_at[-1])
            if number < seen and asked - since > 0.1:
                late.append(asked - since)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    while time.monotonic() < stop:
        time.sleep(0.03)
        committed_at.append(time.monotonic())
        database.number += 1
    for thread in threads:
        thread.join()
    # A commit that followed within the time a thread was between its two looks is not a late one: 150 ms allows for that.
    assert [wait for wait in late if wait > 0.15] == []


def test_while_the_database_is_away_the_last_answer_stands(
    database: Database, revision: CommittedRevision
) -> None:
    revision.current()
    database.away = True
    time.sleep(0.11)
    assert revision.current().revision == 1
    database.away, database.number = False, 2
    time.sleep(0.11)
    assert revision.current().revision == 2


def test_without_a_last_answer_it_is_unavailable(database: Database, revision: CommittedRevision) -> None:
    database.away = True
    with pytest.raises(Unavailable):
        revision.current()


def test_a_database_that_hangs_holds_nobody_for_long(database: Database, revision: CommittedRevision) -> None:
    revision.current()
    database.answering.clear()
    time.sleep(0.11)
    assert seconds_of(revision) < 9
    assert sum(seconds_of(revision) for _ in range(20)) < 9
    database.number = 2
    database.answering.set()
    deadline = time.monotonic() + 10
    while revision.current().revision != 2:
        assert time.monotonic() < deadline


@pytest.mark.django_db(transaction=True)
def test_a_lost_connection_is_replaced() -> None:
    revision = CommittedRevision(lambda _: News(LaneHeartbeat.objects.count()), patience=5)
    try:
        assert revision.current().revision == 0
        LaneHeartbeat.objects.beat("apply")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            assert cursor.fetchone() == (True,)
        time.sleep(0.11)
        deadline = time.monotonic() + 5
        while revision.current().revision != 1:
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        revision.close()


@pytest.mark.django_db(transaction=True)
def test_idle_it_gives_its_connection_back() -> None:
    revision = CommittedRevision(lambda _: News(LaneHeartbeat.objects.count()), idle=0.1, patience=5)
    revision.current()
    deadline = time.monotonic() + 10
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            if cursor.fetchone() == (0,):
                break
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert revision.current().revision == 0
    revision.close()
