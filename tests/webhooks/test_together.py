"""The same delivery many times at one moment."""

import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from apps.webhooks.intake import store
from apps.webhooks.models import Conflict, Delivery
from tests.factories.documents import course
from tests.factories.webhooks import SECRET, Sender, event
from tests.faults.waiting import until
from tests.together import waiting_for_a_lock

pytestmark = pytest.mark.django_db(transaction=True)
COUNT = 50


@pytest.fixture(autouse=True)
def _one_source(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose deliveries wait for one another as long as a busy machine needs to bring them together."""
    settings.WEBHOOK_SECRETS = {"course-service": [SECRET]}
    monkeypatch.setattr("apps.webhooks.intake.PATIENCE_SECONDS", 120)
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "connect_timeout", 120)


def at_once(send: Callable[[int], Any]) -> list[Any]:
    """What `send` returned in each of many threads, which all met: each stands before the one place of msg_1 when it becomes free."""

    def run(number: int) -> Any:
        try:
            return send(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(COUNT) as pool:
        with transaction.atomic():
            store(
                source="course-service",
                webhook_id="msg_1",
                sent_at=timezone.now(),
                type="",
                body=b"never committed",
                status=Delivery.Status.PENDING,
            )
            answers = [pool.submit(run, number) for number in range(COUNT)]
            until(lambda: waiting_for_a_lock() == COUNT or any(answer.done() for answer in answers))
            early = [answer.result() for answer in answers if answer.done()]
            transaction.set_rollback(True)
        assert early == []
        return [answer.result() for answer in answers]


def test_fifty_identical_deliveries_are_one() -> None:
    body = json.dumps(event("course.updated", course())).encode()

    answers = at_once(lambda _: Sender().post(body, id="msg_1"))

    assert Counter(answer.status_code for answer in answers) == {202: 1, 200: COUNT - 1}
    kept = Delivery.objects.get()
    assert bytes(kept.body) == body
    assert {answer.json()["delivery"] for answer in answers} == {str(kept.public_id)}


def test_of_fifty_bodies_under_one_id_the_first_is_kept() -> None:
    bodies = [json.dumps(event("course.deleted", {"id": str(number)})).encode() for number in range(COUNT)]

    answers = at_once(lambda number: Sender().post(bodies[number], id="msg_1"))

    assert Counter(answer.status_code for answer in answers) == {202: 1, 409: COUNT - 1}
    assert Delivery.objects.count() == 1
    assert Conflict.objects.count() == COUNT - 1


def test_fifty_malformed_ones_are_one_and_refused() -> None:
    answers = at_once(lambda _: Sender().post(b"[]", id="msg_1"))

    assert Counter(answer.status_code for answer in answers) == {400: COUNT}
    assert Delivery.objects.get().status == "quarantined"
