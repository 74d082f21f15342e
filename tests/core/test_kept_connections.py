"""How a request finds out whether the connection that its thread has kept is still good."""

from collections.abc import Iterator

import pytest
from django.db import connection

from apps.core.postgresql import base

pytestmark = pytest.mark.django_db


class Kept(base.DatabaseWrapper):
    """As a thread of the web server keeps it; it counts how often the server is asked whether it is there."""

    asked = 0

    def is_usable(self) -> bool:
        self.asked += 1
        return super().is_usable()

    def serve(self) -> int:
        """What a request does: the id of the process of PostgreSQL that answered."""
        self.close_if_unusable_or_obsolete()
        with self.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            pid: int = cursor.fetchone()[0]
        return pid


@pytest.fixture
def kept() -> Iterator[Kept]:
    settings = {**connection.settings_dict, "CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}
    kept = Kept(settings)
    yield kept
    kept.close()


def end(pid: int) -> None:
    """As a restart of PostgreSQL does; waited for, as in one transaction pg_stat_activity goes on showing what it showed first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])
        assert cursor.fetchone() == (True,)


def test_one_that_has_just_answered_is_not_asked_again(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "BELIEVED_SECONDS", 3600.0)
    assert len({kept.serve() for _ in range(5)}) == 1
    assert kept.asked == 1


def test_one_that_has_been_idle_is_asked(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "BELIEVED_SECONDS", 0.0)
    assert len({kept.serve() for _ in range(5)}) == 1
    assert kept.asked == 4


def test_one_that_the_server_has_ended_is_replaced_before_anything_is_asked_of_it(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "BELIEVED_SECONDS", 3600.0)
    kept.serve()
    first = kept.serve()
    end(first)
    second = kept.serve()
    assert second != first
    assert kept.serve() == second
    assert kept.asked == 2


def test_a_cursor_is_kept_as_long_as_the_connection(kept: Kept) -> None:
    first = kept.kept_cursor()
    assert kept.kept_cursor() is first
    kept.close()
    second = kept.kept_cursor()
    assert second.execute("SELECT 1").fetchone() == (1,)
    assert kept.kept_cursor() is second
