"""A client that applies deltas, in any rhythm and beside any writers, holds what one that loads everything holds."""

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.courses import delta
from apps.courses.models import Course, Term
from tests.courses.histories import Json, apply, histories
from tests.factories.documents import delete_course, put_course, put_term


class Phone:
    """Does what the contract tells a client to do, one answer at a time."""

    def __init__(self) -> None:
        self.cursor: delta.Cursor | None = None
        self.held: dict[str, Json] = {}
        self.terms: dict[str, Json] = {}

    def sync(self) -> bool:
        """Whether there is more."""
        answer = json.loads(delta.read(self.cursor).body)
        self.terms |= {term["id"]: term for term in answer["terms"]}
        self.held |= {course["id"]: course for course in answer["changed"]}
        for gone in answer["deleted"]:
            self.held.pop(gone, None)
        self.cursor = delta.Cursor.parse(answer["cursor"])
        return bool(answer["more"])

    def catch_up(self) -> tuple[dict[str, Json], dict[str, Json]]:
        while self.sync():
            pass
        return self.held, self.terms


def served() -> tuple[dict[str, Any], dict[str, Any]]:
    courses = {str(row.pk): row.public() for row in Course.objects.visible()}
    return courses, {str(row.pk): row.public() for row in Term.objects.filled()}


@pytest.mark.django_db
@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=histories, page=st.integers(1, 3), data=st.data())
def test_any_rhythm_ends_in_what_loading_everything_gives(
    monkeypatch: pytest.MonkeyPatch, history: list[Json], page: int, data: Any
) -> None:
    monkeypatch.setattr(delta, "PAGE", page)
    early, late = Phone(), Phone()
    with transaction.atomic():
        for event in history:
            apply(event)
            for _ in range(data.draw(st.integers(0, 2))):
                early.sync()
        assert early.catch_up() == late.catch_up() == served()
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_writers_at_work_make_no_reader_miss_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delta, "PAGE", 3)
    put_term()
    phone, failures = Phone(), list[BaseException]()

    def write(writer: int) -> None:
        try:
            for step in range(15):
                put_course(step, id=f"{writer}-{step % 4}", title=f"Version {step}")
                if step % 5 == 4:
                    delete_course(step + 0.5, id=f"{writer}-{step % 4}")
        except BaseException as error:
            failures.append(error)
            raise
        finally:
            connection.close()

    writers = [threading.Thread(target=write, args=[number]) for number in range(4)]
    for thread in writers:
        thread.start()
    answers = 0
    while any(thread.is_alive() for thread in writers):
        phone.sync()
        answers += 1
    assert not failures
    assert answers > 5
    assert phone.catch_up() == served()


@pytest.mark.django_db(transaction=True)
class TestAge:
    def status(self, cursor: str) -> int:
        answer = Client().get("/api/v1/sync/", {"cursor": cursor}, headers={"Cache-Control": "no-cache"})
        return answer.status_code

    def cursor(self) -> str:
        cursor: str = Client().get("/api/v1/sync/").json()["cursor"]
        return cursor

    def test_one_who_missed_a_change_for_90_days_starts_over(self, time_machine: Any) -> None:
        put_course()
        cursor = self.cursor()
        put_course(1, title="Unseen")
        assert self.status(cursor) == 200
        recorded = timezone.now()
        time_machine.move_to(recorded + delta.KEPT - timedelta(minutes=1))
        assert self.status(cursor) == 200
        time_machine.move_to(recorded + delta.KEPT + timedelta(minutes=1))
        assert self.status(cursor) == 410
        assert self.status(self.cursor()) == 200

    def test_one_who_missed_nothing_goes_on_however_long_it_was_quiet(self, time_machine: Any) -> None:
        put_course()
        cursor = self.cursor()
        time_machine.move_to(timezone.now() + 3 * delta.KEPT)
        assert self.status(cursor) == 200
