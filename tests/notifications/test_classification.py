"""Every answer of FCM, over a socket, and what it is taken for. What then follows is in test_outcomes.py."""

import email.utils
import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from apps.notifications import firebase, sender
from apps.notifications.messages import Text
from apps.notifications.outcomes import Outcome, Verdict
from tests.notifications.conftest import Phones
from tests.notifications.posting import post

PROJECT_QUOTA = {"error_code": "QUOTA_EXCEEDED", "quota": ["project_number:123456"]}
DEVICE_QUOTA = {"error_code": "QUOTA_EXCEEDED", "quota": ["device:a-phone"]}
HALF_A_LETTER = (
    r'{"error": {"message": "\ud83d", "details": ['
    '{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": "UNREGISTERED"}]}}'
)
ANSWERS: list[tuple[Verdict, dict[str, Any]]] = [
    (Verdict.SENT, {"status": 200}),
    (Verdict.RETIRE, {"status": 404, "error_code": "UNREGISTERED"}),
    (Verdict.RETIRE, {"status": 404, "raw": HALF_A_LETTER}),
    (Verdict.RETIRE, {"status": 403, "error_code": "SENDER_ID_MISMATCH"}),
    (Verdict.RETIRE, {"status": 400, "error_code": "INVALID_ARGUMENT"}),
    (Verdict.RETIRE, {"status": 400, "error_code": "INVALID_ARGUMENT", "fields": ["message.fid"]}),
    (Verdict.DEAD, {"status": 400, "error_code": "INVALID_ARGUMENT", "fields": ["message.data[kind]"]}),
    (Verdict.DEAD, {"status": 400, "fields": ["message.token", "message.android.ttl"]}),
    (Verdict.RETRY, {"status": 400}),
    (Verdict.PAUSE_PLATFORM, {"status": 401, "error_code": "THIRD_PARTY_AUTH_ERROR"}),
    (Verdict.OPEN_CIRCUIT, {"status": 401}),
    (Verdict.OPEN_CIRCUIT, {"status": 401, "raw": "<html>who are you?</html>"}),
    (Verdict.OPEN_CIRCUIT, {"status": 403}),
    (Verdict.OPEN_CIRCUIT, {"status": 403, "raw": "<html>API disabled</html>"}),
    (Verdict.RETRY, {"status": 404}),
    (Verdict.PAUSE_ALL, {"status": 429}),
    (Verdict.PAUSE_ALL, {"status": 429, "raw": "<html>slow down</html>"}),
    (Verdict.PAUSE_ALL, {"status": 429, **PROJECT_QUOTA}),
    (Verdict.DELAY_DEVICE, {"status": 429, **DEVICE_QUOTA}),
    (Verdict.RETRY, {"status": 500, "error_code": "INTERNAL"}),
    (Verdict.RETRY, {"status": 502, "raw": "<html>bad gateway</html>"}),
    (Verdict.RETRY, {"status": 503, "error_code": "UNAVAILABLE"}),
    (Verdict.RETRY, {"status": 504, "raw": ""}),
    (Verdict.RETRY, {"status": 302, "raw": "<html>moved</html>"}),
    (Verdict.RETRY, {"status": 200, "raw": "{}"}),
    (Verdict.RETRY, {"status": 200, "raw": '{"name": 7}'}),
    (Verdict.RETRY, {"status": 200, "raw": '{"name": ""}'}),
    (Verdict.RETRY, {"status": 200, "raw": '"projects/x/messages/1"'}),
    (Verdict.RETRY, {"status": 200, "raw": "<html>log in to the Wi-Fi</html>"}),
    (Verdict.RETRY, {"reset": True}),
]


def ring() -> firebase.Ring:
    return firebase.Ring(
        kind="token",
        address="a-phone",
        platform="android",
        text=Text("Algorithms moved", "Tue → Wed"),
        category="schedule",
        data={"notification": "the-id", "kind": "entry_moved"},
        high_priority=True,
        expires_at=datetime.now(UTC) + timedelta(hours=3),
    )


def answered(phones: Phones, **failure: Any) -> Outcome:
    """A 401 is heard twice: the library asks once more with a new access token, as the one before may have run out."""
    phones.fail(address="a-phone", times=2, **failure)
    return post(ring(), now=datetime.now(UTC))


@pytest.mark.parametrize(("verdict", "answer"), ANSWERS, ids=str)
def test_every_answer_is_taken_for_what_it_says(
    phones: Phones, verdict: Verdict, answer: dict[str, Any]
) -> None:
    outcome = answered(phones, **answer)
    assert outcome.verdict is verdict
    assert outcome.detail, "staff read what was said"


def test_a_phone_service_that_is_silent_for_too_long_is_tried_again(
    phones: Phones, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(firebase, "TIMEOUT", 0.2)
    sender.forget()
    assert answered(phones, status=200, delay=0.6).verdict is Verdict.RETRY


def in_seconds(seconds: float) -> str:
    return email.utils.format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize("said", ["", "0", "59", "-5", "1e9", "soon", "²", "Fri, 31 Feb 2026 25:00:00 GMT"])
@pytest.mark.parametrize("quota", [PROJECT_QUOTA, DEVICE_QUOTA], ids=["project", "device"])
def test_a_quota_is_left_alone_for_a_minute_at_least(
    phones: Phones, said: str, quota: dict[str, Any]
) -> None:
    assert answered(phones, status=429, retry_after=said, **quota).wait == timedelta(seconds=60)


@pytest.mark.parametrize(("said", "seconds"), [("61", 61), ("3600", 3600), ("99999999", 86_400)])
def test_a_quota_is_left_alone_for_as_long_as_is_said_up_to_a_day(
    phones: Phones, said: str, seconds: int
) -> None:
    assert answered(phones, status=429, retry_after=said).wait == timedelta(seconds=seconds)


@pytest.mark.parametrize(("ahead", "least"), [(-3600, 60), (30, 60), (120, 118), (1e8, 86_400)])
def test_the_end_of_a_quota_may_be_a_date(phones: Phones, ahead: float, least: float) -> None:
    wait = answered(phones, status=429, retry_after=in_seconds(ahead)).wait.total_seconds()
    assert least <= wait <= max(60, min(ahead, 86_400))


@pytest.mark.parametrize("said", ["7", "700"])
def test_a_service_that_is_unavailable_says_itself_how_long(phones: Phones, said: str) -> None:
    outcome = answered(phones, status=503, retry_after=said)
    assert (outcome.verdict, outcome.wait) == (Verdict.RETRY, timedelta(seconds=int(said)))


@pytest.fixture
def dead_port() -> Iterator[int]:
    """Bound, so that nobody else takes it, and not listening."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_without_an_access_token_the_circuit_opens_and_fcm_is_not_asked(
    phones: Phones, settings: Any, tmp_path: Any, dead_port: int
) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    account = {
        "type": "service_account",
        "project_id": "demo-campanile",
        "client_email": "campanile@example.org",
        "private_key": key.decode(),
        "token_uri": f"http://127.0.0.1:{dead_port}/token",
    }
    (tmp_path / "account.json").write_text(json.dumps(account))
    settings.FCM_EMULATOR_HOST = ""
    settings.GOOGLE_APPLICATION_CREDENTIALS = str(tmp_path / "account.json")
    sender.forget()
    outcome = post(ring(), now=datetime.now(UTC))
    assert outcome.verdict is Verdict.OPEN_CIRCUIT
    assert phones.requests == 0
