"""Whoever cannot sign gets one and the same answer, whatever was wrong, and leaves no row."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apps.webhooks.models import Conflict, Delivery
from tests.factories.documents import course
from tests.factories.webhooks import OTHER_SECRET, Sender, event, signature

BODY = json.dumps(event("course.updated", course())).encode()
NOW = datetime.now(UTC)


def now_plus(seconds: int) -> str:
    return str(int(datetime.now(UTC).timestamp()) + seconds)


def of_now(spelling: str) -> str:
    return spelling.format(now_plus(0))


def arabic(digits: str) -> str:
    return digits.translate({ord("0") + value: chr(0x660 + value) for value in range(10)})


def spelled_otherwise(sent: str) -> str:
    """The same 32 bytes, in base64 that leaves stray bits behind: the last character before the padding holds only four."""
    last = sent[-2]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return sent[:-2] + alphabet[alphabet.index(last) ^ 1] + "="


IDS = {
    "missing": None,
    "empty": "",
    "256 characters": "x" * 256,
    "300 characters": "x" * 300,
    "a dot": "msg.1",
    "a space": "msg 1",
    "not ASCII": "msg_č",
    "Arabic digits": "msg_\u0661",
    "a slash": "../1",
}
TIMESTAMPS = {
    "missing": lambda: None,
    "empty": lambda: "",
    "too old": lambda: now_plus(-302),
    "too new": lambda: now_plus(302),
    "a fraction": lambda: of_now("{}.0"),
    "an exponent": lambda: f"{int(now_plus(0)) // 1000}e3",
    "a sign": lambda: of_now("+{}"),
    "spaces inside": lambda: of_now("{} 0"),
    "underscores": lambda: f"{now_plus(0)[:4]}_{now_plus(0)[4:]}",
    "Arabic digits": lambda: arabic(now_plus(0)),
    "superscript": lambda: "²",
    "milliseconds": lambda: of_now("{}000"),
    "a thousand digits": lambda: "1" * 1_000,
    "NaN": lambda: "nan",
    "leading zeros beyond measure": lambda: "0" * 20 + now_plus(0),
    "RFC 3339": lambda: NOW.isoformat(),
}


@pytest.fixture
def refusal(sender: Sender) -> bytes:
    """What a request without any of the headers is answered."""
    answer = sender.client.generic("POST", sender.url, BODY, "application/json")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    return bytes(answer.content)


def assert_refused(answer: Any, refusal: bytes) -> None:
    assert (answer.status_code, answer.content) == (401, refusal)
    assert "webhook-delivery" not in answer
    assert not Delivery.objects.exists()
    assert not Conflict.objects.exists()


def headers(sender: Sender, *, id: str | None, timestamp: str | None) -> dict[str, str]:
    """Signed in earnest over these values, so that only their form can be what is refused."""
    key = base64.b64decode(sender.secret.removeprefix("whsec_"))
    content = f"{id or ''}.{timestamp or ''}.".encode() + BODY
    digest = hmac.new(key, content, hashlib.sha256).digest()
    sent = {
        "webhook-id": id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
    return {name: value for name, value in sent.items() if value is not None}


def post(sender: Sender, headers: dict[str, str], **extra: Any) -> Any:
    return sender.client.generic("POST", sender.url, BODY, "application/json", headers=headers, **extra)


def test_the_hand_made_headers_of_this_page_are_accepted_when_nothing_is_odd(sender: Sender) -> None:
    assert post(sender, headers(sender, id="x" * 255, timestamp=now_plus(-298))).status_code == 202
    assert post(sender, headers(sender, id="-_", timestamp=now_plus(298))).status_code == 202


@pytest.mark.parametrize("id", IDS.values(), ids=IDS)
def test_an_odd_id(sender: Sender, refusal: bytes, id: str | None) -> None:
    assert_refused(post(sender, headers(sender, id=id, timestamp=now_plus(0))), refusal)


@pytest.mark.parametrize("timestamp", TIMESTAMPS.values(), ids=TIMESTAMPS)
def test_an_odd_timestamp(sender: Sender, refusal: bytes, timestamp: Any) -> None:
    assert_refused(post(sender, headers(sender, id="msg_1", timestamp=timestamp())), refusal)


SIGNATURES = {
    "missing": lambda good: None,
    "empty": lambda good: "",
    "of another key": lambda good: signature(OTHER_SECRET, "msg_1", datetime.now(UTC), BODY),
    "no version": lambda good: good.removeprefix("v1,"),
    "version 2": lambda good: good.replace("v1,", "v2,"),
    "version in capitals": lambda good: good.replace("v1,", "V1,"),
    "asymmetric": lambda good: good.replace("v1,", "v1a,"),
    "two commas": lambda good: good.replace(",", ",,"),
    "no padding": lambda good: good.rstrip("="),
    "padding twice": lambda good: good + "=",
    "cut": lambda good: good[:-8],
    "URL-safe": lambda good: "v1," + base64.urlsafe_b64encode(b"\xff" * 32).decode(),
    "hexadecimal": lambda good: "v1," + base64.b64decode(good[3:]).hex(),
    "stray bits": spelled_otherwise,
    "a line break inside": lambda good: good[:20] + "\t" + good[20:],
    "not ASCII": lambda good: good[:-1] + "é",
    "two spaces between": lambda good: f"{good}  {good}",
    "odd one beside the good": lambda good: f"{good} nonsense",
    "no base64 beside the good": lambda good: f"{good} v1,%",
    "separated by commas": lambda good: f"{good},{good}",
    "17 signatures": lambda good: " ".join(["v1," + "A" * 43 + "="] * 16 + [good]),
    "20,000 signatures": lambda good: " ".join([good] * 20_000),
    "a megabyte": lambda good: "v1," + "A" * 1_000_000,
}


@pytest.mark.parametrize("spoil", SIGNATURES.values(), ids=SIGNATURES)
def test_an_odd_signature(sender: Sender, refusal: bytes, spoil: Any) -> None:
    sent = headers(sender, id="msg_1", timestamp=now_plus(0))
    spoiled = spoil(sent.pop("webhook-signature"))
    if spoiled is not None:
        sent["webhook-signature"] = spoiled

    assert_refused(post(sender, sent), refusal)


@pytest.mark.parametrize(
    "source",
    ["nobody", "COURSE-SERVICE", "course-service.", "č", "%00", "a" * 5_000, "../admin", "%ff", "' OR 1=1"],
)
def test_an_unknown_source(sender: Sender, refusal: bytes, source: str) -> None:
    answer = Sender(source="x").client.generic(
        "POST",
        f"/webhooks/{source}/",
        BODY,
        "application/json",
        headers=headers(sender, id="msg_1", timestamp=now_plus(0)),
    )

    if "/" in source:
        assert answer.status_code == 404
    else:
        assert_refused(answer, refusal)


def test_the_secret_of_another_source(sender: Sender, sender_elsewhere: Sender, refusal: bytes) -> None:
    assert_refused(Sender(source="library", secret=sender.secret).post(BODY), refusal)
    assert_refused(Sender(secret=OTHER_SECRET).post(BODY), refusal)


def test_a_body_that_was_touched(sender: Sender, refusal: bytes) -> None:
    assert_refused(sender.post(BODY + b" ", headers=sender.signed(BODY)), refusal)
    assert_refused(sender.post(b"", headers=sender.signed(BODY)), refusal)


def test_a_part_of_the_body_moved_into_the_id(sender: Sender, refusal: bytes) -> None:
    """What the reference library accepts: `a.1.b` signed as id `a` is also id `a.1` with another time and body."""
    at = datetime.now(UTC)
    seconds = int(at.timestamp())
    inner = f"{seconds}.".encode() + BODY
    forged = {
        "webhook-id": f"msg_1.{seconds}",
        "webhook-timestamp": str(seconds),
        "webhook-signature": signature(sender.secret, "msg_1", at, inner),
    }

    assert_refused(sender.post(BODY, headers=forged), refusal)


def test_a_capture_of_long_ago(sender: Sender, refusal: bytes) -> None:
    old = sender.signed(BODY, at=datetime.now(UTC) - timedelta(hours=1))

    assert_refused(sender.post(BODY, headers=old), refusal)
    fresh = {**old, "webhook-timestamp": now_plus(0)}
    assert_refused(sender.post(BODY, headers=fresh), refusal)


def test_the_refusal_does_not_depend_on_what_is_stored(sender: Sender, refusal: bytes) -> None:
    sender.post(BODY, id="msg_1")

    answer = Sender(secret=OTHER_SECRET).post(BODY, id="msg_1")

    assert (answer.status_code, answer.content) == (401, refusal)
    assert Delivery.objects.count() == 1
