"""The Standard Webhooks signature itself: the published vector, several keys, several signatures."""

import json
from datetime import UTC, datetime

import pytest
import time_machine
from pytest_django import Settings

from apps.webhooks import signatures
from apps.webhooks.models import Delivery
from tests.factories.documents import course
from tests.factories.webhooks import OTHER_SECRET, SECRET, Sender, event

BODY = json.dumps(event("course.updated", course(), at="2021-02-25T00:00:00Z")).encode()
VECTOR_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
VECTOR = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


def test_the_published_vector_passes(sender: Sender, settings: Settings) -> None:
    settings.WEBHOOK_SECRETS = {"course-service": [VECTOR_SECRET]}
    body = b'{"test": 2432232314}'
    with time_machine.travel(1_614_265_330):
        answer = sender.post(body, headers=VECTOR)
        forged = sender.post(body.replace(b"4}", b"5}"), headers=VECTOR)

    # Authentic, though no event: it has no type.
    assert answer.status_code == 400
    assert bytes(Delivery.objects.get().body) == body
    assert forged.status_code == 401


@pytest.mark.parametrize(("second", "status"), [(-301, 401), (-299, 400), (299, 400), (301, 401)])
def test_the_vector_is_good_for_five_minutes_around_its_time(
    sender: Sender, settings: Settings, second: int, status: int
) -> None:
    settings.WEBHOOK_SECRETS = {"course-service": [VECTOR_SECRET]}
    with time_machine.travel(1_614_265_330 + second, tick=False):
        assert sender.post(b'{"test": 2432232314}', headers=VECTOR).status_code == status


def test_our_own_signing_makes_the_published_vector() -> None:
    signed = signatures.sign(
        key=signatures.key_of(VECTOR_SECRET),
        id=VECTOR["webhook-id"],
        timestamp=1_614_265_330,
        body=b'{"test": 2432232314}',
    )

    assert signed == VECTOR["webhook-signature"]


def test_secrets_rotate_without_a_lost_delivery(sender: Sender, settings: Settings) -> None:
    new = Sender(secret=OTHER_SECRET)
    assert new.post(BODY).status_code == 401

    settings.WEBHOOK_SECRETS = {"course-service": [SECRET, OTHER_SECRET]}
    assert [sender.post(BODY).status_code, new.post(BODY).status_code] == [202, 202]

    settings.WEBHOOK_SECRETS = {"course-service": [OTHER_SECRET]}
    assert [sender.post(BODY).status_code, new.post(BODY).status_code] == [401, 202]


@pytest.mark.parametrize("place", [0, 7, 15])
def test_any_of_sixteen_signatures_may_be_the_good_one(sender: Sender, place: int) -> None:
    signed = sender.signed(BODY)
    several = ["v1," + "A" * 43 + "="] * 8 + ["v1a,c29tZQ=="] * 7
    several.insert(place, signed["webhook-signature"])

    assert sender.post(BODY, headers={**signed, "webhook-signature": " ".join(several)}).status_code == 202


def test_a_source_taken_off_the_list_is_a_stranger(sender: Sender, settings: Settings) -> None:
    settings.WEBHOOK_SECRETS = {}

    assert sender.post(BODY).status_code == 401


def test_the_time_of_sending_is_kept(sender: Sender) -> None:
    at = datetime.now(UTC).replace(microsecond=0)
    sender.post(BODY, headers=sender.signed(BODY, at=at))

    assert Delivery.objects.get().sent_at == at
