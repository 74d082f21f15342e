"""What an authentic delivery is answered, and what is kept of it."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from apps.webhooks.models import Conflict, Delivery
from tests.factories.documents import course, term
from tests.factories.webhooks import Sender, event

KNOWN = json.dumps(event("course.updated", course())).encode()
OTHER = json.dumps(event("course.deleted", {"id": "algorithms"})).encode()
UNKNOWN = json.dumps(event("library.moved", {})).encode()
MALFORMED = b'{"type": "course.deleted", "timestamp": "2026-01-01T00:00:00Z", "data": {}}'


def test_a_new_event_is_accepted_and_kept_raw(sender: Sender) -> None:
    answer = sender.post(KNOWN, id="msg_1")

    kept = Delivery.objects.get()
    assert (answer.status_code, answer.json()) == (
        202,
        {"status": "accepted", "delivery": str(kept.public_id)},
    )
    assert (kept.source, kept.webhook_id, kept.type) == ("course-service", "msg_1", "course.updated")
    assert (bytes(kept.body), kept.status, kept.attempts) == (KNOWN, "pending", 0)


def test_an_address_without_the_slash_at_its_end_is_as_good(sender: Sender) -> None:
    """A redirect would make many senders turn their POST into a GET."""
    at = sender.url.rstrip("/")
    answer = sender.client.post(at, KNOWN, "application/json", headers=sender.signed(KNOWN))
    refused = sender.client.post(at, KNOWN, "application/json")

    assert (answer.status_code, refused.status_code) == (202, 401)
    assert sender.client.get(at).status_code == 405
    assert Delivery.objects.get().source == "course-service"


def test_the_same_again_is_a_duplicate_and_leaves_no_row(sender: Sender) -> None:
    first = sender.post(KNOWN, id="msg_1").json()
    answer = sender.post(KNOWN, id="msg_1")

    assert answer.status_code == 200
    assert answer.json() == {"status": "duplicate", "delivery": first["delivery"]}
    assert Delivery.objects.count() == 1
    assert not Conflict.objects.exists()


def test_the_same_body_under_another_id_is_another_delivery(sender: Sender) -> None:
    assert {sender.post(KNOWN, id=id).status_code for id in ("msg_1", "msg_2")} == {202}
    assert Delivery.objects.count() == 2


def test_another_body_under_the_same_id_is_a_conflict_noted_on_the_first(sender: Sender) -> None:
    first = sender.post(KNOWN, id="msg_1").json()
    answer = sender.post(OTHER, id="msg_1")

    assert answer.status_code == 409
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["delivery"] == first["delivery"]
    kept = Delivery.objects.get()
    assert bytes(kept.body) == KNOWN
    assert kept.conflicts.get().body_sha256 == hashlib.sha256(OTHER).hexdigest()


def test_a_malformed_body_under_a_known_id_is_a_conflict_too(sender: Sender) -> None:
    sender.post(KNOWN, id="msg_1")

    assert sender.post(MALFORMED, id="msg_1").status_code == 409
    assert Delivery.objects.get().status == "pending"


def test_a_good_body_under_a_quarantined_id_is_a_conflict(sender: Sender) -> None:
    sender.post(MALFORMED, id="msg_1")

    assert sender.post(KNOWN, id="msg_1").status_code == 409
    assert bytes(Delivery.objects.get().body) == MALFORMED


def test_an_unknown_type_is_ignored_whatever_its_data(sender: Sender) -> None:
    answer = sender.post(UNKNOWN, id="msg_1")

    kept = Delivery.objects.get()
    assert (answer.status_code, answer.json()) == (
        202,
        {"status": "ignored", "delivery": str(kept.public_id)},
    )
    assert (kept.status, kept.type, bytes(kept.body)) == ("ignored", "library.moved", UNKNOWN)
    assert sender.post(UNKNOWN, id="msg_1").status_code == 200


def test_a_processed_delivery_sent_again_is_still_a_duplicate(sender: Sender) -> None:
    sender.post(KNOWN, id="msg_1")
    Delivery.objects.update(status="processed")

    assert sender.post(KNOWN, id="msg_1").json()["status"] == "duplicate"


def test_sources_do_not_share_ids(sender: Sender, sender_elsewhere: Sender) -> None:
    assert sender.post(KNOWN, id="msg_1").status_code == 202
    assert sender_elsewhere.post(OTHER, id="msg_1").status_code == 202
    assert sorted(Delivery.objects.values_list("source", "webhook_id")) == [
        ("course-service", "msg_1"),
        ("library", "msg_1"),
    ]


def test_fields_we_do_not_know_are_ignored_and_null_means_absent(sender: Sender) -> None:
    nulls: dict[str, Any] = dict.fromkeys(
        ("description", "translations", "credits", "department", "level", "year", "language")
    )
    odd = course(**nulls, colour="blue", teachers=None, exams=None, url=None, updated_at=None)

    assert sender.send("course.updated", odd).json()["status"] == "accepted"


def test_a_translation_that_is_null_is_absent(sender: Sender) -> None:
    odd = course(translations={"sr": None, "ar": {"title": "x", "description": None}})

    assert sender.send("course.updated", odd).json()["status"] == "accepted"


def test_a_body_of_nearly_five_mebibytes_is_accepted(sender: Sender) -> None:
    data = json.dumps(event("term.updated", term(padding="x" * 4_900_000))).encode()

    assert sender.post(data).status_code == 202


def test_an_event_of_five_minutes_ahead_is_taken(sender: Sender) -> None:
    at = datetime.now(UTC) + timedelta(seconds=299)
    assert sender.send("course.deleted", {"id": "x"}, at=at).status_code == 202
