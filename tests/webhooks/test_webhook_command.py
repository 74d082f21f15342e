"""`manage.py webhook`: signing, saying what is wrong with a signature, and sending over a real socket."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from standardwebhooks import Webhook

from apps.core.worker import Worker
from apps.webhooks import processing
from apps.webhooks.models import Delivery
from tests.factories.documents import course
from tests.factories.webhooks import OTHER_SECRET, SECRET, Sender, event

# The example of the specification.
VECTOR_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
VECTOR_BODY = b'{"test": 2432232314}'
VECTOR_AT = datetime.fromtimestamp(1614265330, UTC)
VECTOR = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


def run(*arguments: str) -> str:
    said = StringIO()
    call_command("webhook", *arguments, stdout=said)
    return said.getvalue()


def refused(*arguments: str) -> str:
    with pytest.raises(CommandError) as error:
        run(*arguments)
    return str(error.value)


@pytest.fixture
def body(tmp_path: Path) -> Path:
    file = tmp_path / "body.json"
    file.write_bytes(VECTOR_BODY)
    return file


@pytest.fixture
def captured(tmp_path: Path) -> Any:
    """Writes headers down, in the order given, and returns the file."""

    def write(headers: dict[str, str], body: bytes = b"") -> str:
        file = tmp_path / "headers"
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        file.write_bytes(f"POST /webhooks/course-service/ HTTP/1.1\r\n{lines}\r\n".encode() + body)
        return str(file)

    return write


def verify(file: str, *arguments: str, secret: str = VECTOR_SECRET) -> str:
    return refused("verify", file, "--secret", secret, "--at", "2021-02-25T15:02:10Z", *arguments)


def test_the_official_example_is_signed(body: Path) -> None:
    arguments = ["--secret", VECTOR_SECRET, "--id", VECTOR["webhook-id"], "--timestamp", "1614265330"]
    assert run("sign", str(body), *arguments) == "".join(
        f"{name}: {value}\n" for name, value in VECTOR.items()
    )


def test_the_official_example_is_authentic(captured: Any, body: Path) -> None:
    file = captured(VECTOR)
    at = ["--at", "2021-02-25T15:02:10Z"]
    assert "Authentic" in run("verify", file, str(body), "--secret", VECTOR_SECRET, *at)
    assert "20 bytes" in run("verify", captured(VECTOR, VECTOR_BODY), "--secret", VECTOR_SECRET, *at)


def test_headers_may_be_json_or_what_curl_says(tmp_path: Path, body: Path) -> None:
    at = ["--secret", VECTOR_SECRET, "--at", "2021-02-25T15:02:10Z"]
    file = tmp_path / "headers"
    curl = "".join(f"> {name.title()}: {value}\n" for name, value in VECTOR.items())
    for text in (json.dumps(VECTOR), f"> POST /webhooks/x/ HTTP/1.1\n> Host: x\n{curl}> \n"):
        file.write_text(text)
        assert "Authentic" in run("verify", str(file), str(body), *at)


def test_what_is_signed_here_is_verified_by_the_reference_library(body: Path) -> None:
    headers = dict(line.split(": ", 1) for line in run("sign", str(body), "--secret", SECRET).splitlines())
    assert Webhook(SECRET).verify(VECTOR_BODY.decode(), headers) == {"test": 2432232314}


@pytest.mark.parametrize("missing", list(VECTOR))
def test_a_missing_header_is_named(captured: Any, missing: str) -> None:
    headers = {name: value for name, value in VECTOR.items() if name != missing}
    assert f"{missing} is missing." in verify(captured(headers))
    aliased = headers | {missing.replace("webhook", "svix"): "x"}
    assert f"{missing.replace('webhook', 'svix')} is another name" in verify(captured(aliased))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"webhook-id": "msg.dotted"}, "allowed are 1 to 255"),
        ({"webhook-timestamp": "1614265330000"}, "look like milliseconds"),
        ({"webhook-timestamp": "1614265330.5"}, "whole seconds"),
        ({"webhook-timestamp": "1614269999"}, "4,669 s ahead of 2021-02-25 15:02:10 UTC"),
        ({"webhook-signature": "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}, "has no version"),
        ({"webhook-signature": "v1a,g0hM9SsE"}, "of version 'v1a'"),
        ({"webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE"}, "its padding is missing"),
        ({"webhook-signature": "v1,g0hM9SsE-OTPJTGt_tmIKtSyZlE3uFJELVlNIOLJ1OE="}, "URL-safe alphabet"),
        ({"webhook-signature": "v1,Zm9v"}, "stands for 3 bytes"),
        ({"webhook-signature": " ".join(["v1,Zm9v"] * 17)}, "holds 17 signatures"),
    ],
)
def test_an_odd_header_is_explained(captured: Any, changed: dict[str, str], said: str) -> None:
    assert said in verify(captured(VECTOR | changed, VECTOR_BODY))


def test_an_old_but_sound_signature_is_told_from_a_wrong_one(captured: Any) -> None:
    said = refused("verify", captured(VECTOR, VECTOR_BODY), "--secret", VECTOR_SECRET)
    assert "behind" in said
    assert "--at 2021-02-25T15:02:10Z" in said
    assert "The signature itself is right." in said


def signed_by_mistake(key: bytes, content: bytes, *, hexadecimal: bool = False) -> dict[str, str]:
    digest = hmac.digest(key, content, hashlib.sha256)
    text = digest.hex() if hexadecimal else base64.b64encode(digest).decode()
    return VECTOR | {"webhook-signature": f"v1,{text}"}


KEY = base64.b64decode(VECTOR_SECRET.removeprefix("whsec_"))
HEAD = b"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330."


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        (signed_by_mistake(VECTOR_SECRET.encode(), HEAD + VECTOR_BODY), "the text of the secret as the key"),
        (signed_by_mistake(VECTOR_SECRET[6:].encode(), HEAD + VECTOR_BODY), "the text after whsec_"),
        (signed_by_mistake(KEY, VECTOR_BODY), "over the body alone"),
        (signed_by_mistake(KEY, HEAD + VECTOR_BODY + b"\n"), "with a line break at its end"),
        (signed_by_mistake(KEY, HEAD), "over no body"),
        (signed_by_mistake(KEY, HEAD + b'{"test":2432232314}'), "another writing of the same JSON"),
        (signed_by_mistake(KEY, b"1614265330." + VECTOR_BODY), "without the id"),
        (signed_by_mistake(KEY, HEAD + VECTOR_BODY, hexadecimal=True), "in hexadecimal"),
        (signed_by_mistake(b"x" * 24, HEAD + VECTOR_BODY), "another secret, or a body changed"),
    ],
)
def test_a_common_mistake_is_recognised(captured: Any, headers: dict[str, str], said: str) -> None:
    assert said in verify(captured(headers, VECTOR_BODY))


def test_what_is_no_header_is_wrong_usage(tmp_path: Path) -> None:
    file = tmp_path / "headers"
    file.write_text("webhook-id: x\nand then some words\n")
    assert "line 2 is no header" in refused("verify", str(file), "--secret", SECRET)
    assert "No such file" in refused("sign", str(tmp_path / "nothing"), "--secret", SECRET)


def test_the_secret_comes_from_a_file_the_environment_or_the_settings(
    body: Path, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def signed(*arguments: str) -> str:
        lines = run("sign", str(body), "--id", "a", "--timestamp", "1614265330", *arguments)
        return lines.splitlines()[2].removeprefix("webhook-signature: ")

    def by(secret: str) -> str:
        return str(Webhook(secret).sign("a", VECTOR_AT, VECTOR_BODY.decode()))

    settings.WEBHOOK_SECRETS = {"course-service": [SECRET], "library": [OTHER_SECRET]}
    assert signed() == by(SECRET)
    assert signed("--source", "library") == by(OTHER_SECRET)
    monkeypatch.setenv("WEBHOOK_SECRET", VECTOR_SECRET)
    assert signed() == by(VECTOR_SECRET)
    file = tmp_path / "secret"
    file.write_text(f"{OTHER_SECRET}\n")
    assert signed("--secret-file", str(file)) == by(OTHER_SECRET)
    assert signed("--secret-file", str(file), "--secret", SECRET) == by(SECRET)


def test_without_a_sound_secret_it_says_where_one_is_looked_for(body: Path, settings: Settings) -> None:
    settings.WEBHOOK_SECRETS = {}
    assert "set WEBHOOK_SECRET" in refused("sign", str(body), "--source", "library")
    assert "24 are needed" in refused("sign", str(body), "--secret", "whsec_Zm9v")


@pytest.fixture
def lane(transactional_db: None) -> Iterator[None]:
    worker = Worker({"apply": processing.apply_pending})
    thread = threading.Thread(target=worker.run)
    thread.start()
    yield
    worker.stop()
    thread.join()


@pytest.fixture
def update(tmp_path: Path) -> str:
    file = tmp_path / "event.json"
    file.write_text(json.dumps(event("course.updated", course())))
    return str(file)


@pytest.mark.usefixtures("sender", "lane")
def test_sending_prints_the_answer_and_what_became_of_it(live_server: LiveServer, update: str) -> None:
    said = run("send", update, "--url", live_server.url, "--follow", "--id", "msg_mine")
    assert said.startswith("msg_mine: 202 after ")
    assert '"status": "accepted"' in said
    assert ": processed after " in said
    assert '"changed": 1' in said
    assert '"status": "duplicate"' in run("send", update, "--url", live_server.url, "--id", "msg_mine")


@pytest.mark.usefixtures("sender")
def test_sending_fails_with_what_was_refused(live_server: LiveServer, tmp_path: Path, update: str) -> None:
    (tmp_path / "odd.json").write_text('{"type": "course.updated"}')
    said = StringIO()
    with pytest.raises(CommandError, match="not accepted"):
        call_command("webhook", "send", str(tmp_path / "odd.json"), "--url", live_server.url, stdout=said)
    assert ": 400 after" in said.getvalue()
    assert "/data" in said.getvalue()
    assert "not accepted" in refused("send", update, "--url", live_server.url, "--secret", OTHER_SECRET)


@pytest.mark.usefixtures("sender")
def test_following_ends_when_nobody_applies_it(live_server: LiveServer, update: str) -> None:
    arguments = ["send", update, "--url", live_server.url, "--follow", "--patience", "0.1"]
    assert "still waits" in refused(*arguments)
    assert Delivery.objects.get().status == "pending"


def test_nobody_there_is_said_with_how_to_go_on(update: str) -> None:
    said = refused("send", update, "--url", "http://127.0.0.1:9", "--secret", SECRET, "--id", "msg_again")
    assert "No answer from http://127.0.0.1:9" in said
    assert "--id msg_again" in said
    assert "is not an address" in refused("send", update, "--url", "campus.example.org", "--secret", SECRET)


def test_the_authentic_request_of_a_source_verifies_here(sender: Sender, captured: Any) -> None:
    headers = sender.signed(b"{}")
    assert "Authentic" in run("verify", captured(headers, b"{}"))
    late = sender.signed(b"{}", at=datetime.now(UTC) - timedelta(hours=1))
    assert "3,6" in refused("verify", captured(late, b"{}"))
