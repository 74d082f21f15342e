"""The sender asks what became of a delivery."""

import json
import uuid

import pytest

from apps.webhooks import processing
from apps.webhooks.models import Delivery
from tests.factories.documents import course, term
from tests.factories.webhooks import Sender, event

BODY = json.dumps(event("course.updated", course())).encode()


def test_from_pending_to_processed(sender: Sender) -> None:
    delivery = sender.post(BODY, id="msg_1").json()["delivery"]
    pending = sender.status(delivery).json()
    assert (pending["status"], pending["webhook_id"], pending["type"]) == (
        "pending",
        "msg_1",
        "course.updated",
    )
    assert pending["processed_at"] is None

    processing.apply_pending()

    processed = sender.status(delivery).json()
    assert (processed["status"], processed["result"]) == ("processed", {"changed": 1})
    assert processed["revision"] >= 1
    assert processed["processed_at"]


def test_of_a_malformed_one_it_names_the_faults(sender: Sender) -> None:
    delivery = sender.send("course.updated", course(title=1)).json()["delivery"]

    told = sender.status(delivery).json()
    assert told["status"] == "quarantined"
    assert "/data/title" in told["error"]


@pytest.mark.parametrize("status", ["pending", "dead"])
def test_of_a_failed_one_it_shows_no_traceback(sender: Sender, status: str) -> None:
    delivery = sender.post(BODY).json()["delivery"]
    Delivery.objects.update(
        status=status, error='Traceback (most recent call last):\n  File "/srv/x.py"\nValueError: odd\n'
    )

    assert sender.status(delivery).json()["error"] == "ValueError: odd"


def test_only_to_who_can_sign(sender: Sender) -> None:
    delivery = sender.post(BODY).json()["delivery"]

    assert sender.client.get(f"{sender.url}deliveries/{delivery}/").status_code == 401
    other_body = sender.client.get(f"{sender.url}deliveries/{delivery}/", headers=sender.signed(BODY))
    assert other_body.status_code == 401


def test_the_delivery_of_another_source_is_not_there(sender: Sender, sender_elsewhere: Sender) -> None:
    delivery = sender.post(BODY).json()["delivery"]

    assert sender_elsewhere.status(delivery).status_code == 404
    assert sender.status(str(uuid.uuid4())).status_code == 404


def test_asking_leaves_no_row_and_changes_nothing(sender: Sender) -> None:
    delivery = sender.send("term.updated", term()).json()["delivery"]
    before = Delivery.objects.values().get()

    assert sender.status(delivery, id="msg_x").status_code == 200
    assert Delivery.objects.values().get() == before


@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT"])
def test_it_can_only_be_read(sender: Sender, method: str) -> None:
    delivery = sender.post(BODY).json()["delivery"]

    answer = sender.client.generic(method, f"{sender.url}deliveries/{delivery}/")
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")
