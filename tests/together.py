from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic, sleep
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.models import QuerySet

T = TypeVar("T")


def together(
    count: int, call: Callable[[], T], *, at: QuerySet[Any], meanwhile: Callable[[], object] = bool
) -> list[T]:
    """What `call` returned in each of `count` threads, each with a database connection of its own.

    The rows `at` which they meet are locked until all of them wait there, so that they truly meet, on any machine.
    What is done `meanwhile` is committed just before they go on.
    """

    def run(_: int) -> T:
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        with transaction.atomic():
            assert list(at.select_for_update())
            answers = pool.map(run, range(count))
            wait_until_waiting(count)
            meanwhile()
        return list(answers)


def wait_until_waiting(count: int) -> None:
    deadline = monotonic() + 60
    while monotonic() < deadline:
        if waiting_for_a_lock() == count:
            return
        sleep(0.02)
    raise AssertionError(f"{count} connections never waited for the lock")


def waiting_for_a_lock() -> int:
    """How many connections do."""
    with connection.cursor() as cursor:
        # Statistics are frozen for the length of a transaction unless told otherwise.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(cursor.fetchone()[0])
