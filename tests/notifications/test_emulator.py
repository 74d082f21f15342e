"""The emulator answers as FCM does and shows what phones would."""

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.notifications.conftest import Phones

TOKEN = {"token": "a-phone"}
SEND = "/v1/projects/demo-campanile/messages:send"


def post(phones: Phones, body: Any, authorization: str = "Bearer x") -> tuple[int, dict[str, Any]]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(
        f"http://{phones.host}{SEND}", data=data, headers={"Authorization": authorization}
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_a_message_is_named_listed_and_found_by_address(phones: Phones) -> None:
    status, answer = post(phones, {"message": {**TOKEN, "notification": {"title": "T", "body": "B"}}})
    assert status == 200
    assert answer["name"].startswith("projects/demo-campanile/messages/")
    [found] = phones.messages("a-phone")
    assert (found["name"], found["title"], found["body"]) == (answer["name"], "T", "B")
    assert phones.messages("another") == []
    phones.call("DELETE", "/messages")
    assert phones.messages() == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "message"),
        (b"{", "message"),
        ([], "message"),
        ({"message": {}}, "message"),
        ({"message": {**TOKEN, "fid": "x"}}, "message"),
        ({"message": {**TOKEN, "data": {"count": 1}}}, "message.data.count"),
        ({"message": {**TOKEN, "data": {"from": "x"}}}, "message.data[from]"),
        ({"message": {**TOKEN, "data": {"x": "x" * 4096}}}, "message"),
        ({"message": {**TOKEN, "colour": "red"}}, "message"),
        ({"message": {**TOKEN, "android": {"priority": "highest"}}}, "message.android.priority"),
        ({"message": {**TOKEN, "android": {"ttl": "soon"}}}, "message.android.ttl"),
        ({"message": {**TOKEN, "android": {"notification": {"tag": 1}}}}, "message.android.notification.tag"),
        ({"message": {**TOKEN, "apns": {"headers": {"apns-collapse-id": "x" * 65}}}}, "message.apns.headers"),
    ],
)
def test_a_malformed_message_is_refused_with_the_field_named(phones: Phones, body: Any, field: str) -> None:
    status, answer = post(phones, body)
    assert (status, answer["error"]["status"]) == (400, "INVALID_ARGUMENT")
    [detail] = answer["error"]["details"]
    assert detail["@type"] == "type.googleapis.com/google.rpc.BadRequest"
    assert [violation["field"] for violation in detail["fieldViolations"]] == [field]
    assert phones.messages() == []


def test_without_a_credential_nothing_is_taken(phones: Phones) -> None:
    assert post(phones, {"message": TOKEN}, authorization="")[0] == 401


def test_it_fails_as_told_for_as_long_as_told(phones: Phones) -> None:
    phones.fail(address="a-phone", status=404, error_code="UNREGISTERED")
    status, answer = post(phones, {"message": TOKEN})
    assert status == 404
    assert answer["error"]["details"][0]["errorCode"] == "UNREGISTERED"
    assert post(phones, {"message": {"token": "another"}})[0] == 200
    assert post(phones, {"message": TOKEN})[0] == 200


def test_a_failure_it_does_not_know_is_refused(phones: Phones) -> None:
    with pytest.raises(urllib.error.HTTPError, match="400") as refusal:
        phones.fail(colour="red")
    refusal.value.close()


def test_the_page_shows_each_phone_and_escapes_what_it_is_sent(phones: Phones) -> None:
    hostile = {"title": "<script>alert(1)</script>", "body": "Raf20 → Raf04"}
    data = {"deep_link": '"><img src=x>'}
    android = {"notification": {"tag": "one"}}
    for body in ({"title": "Old", "body": "x"}, hostile):
        post(
            phones, {"message": {"token": "<b>phone", "notification": body, "data": data, "android": android}}
        )
    with urllib.request.urlopen(f"http://{phones.host}/", timeout=5) as answer:
        page = answer.read().decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "Raf20 → Raf04" in page
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "<b>phone" not in page
    assert "Old" not in page, "a later message with the same tag replaces it, as on a phone"


def test_as_a_command_it_says_where_it_is_and_what_phones_show_and_stops_when_told() -> None:
    command = [sys.executable, "-u", "-m", "apps.notifications.emulator", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as emulator:
        try:
            assert emulator.stdout
            host = emulator.stdout.readline().split("http://")[1].strip().strip("/")
            message = {
                "token": "a-registration-token",
                "notification": {"title": "Algorithms", "body": "A → B"},
            }
            message["fcm_options"] = {"analytics_label": "ios"}
            request = urllib.request.Request(
                f"http://{host}{SEND}",
                data=json.dumps({"message": message}).encode(),
                headers={"Authorization": "Bearer x"},
            )
            urllib.request.urlopen(request, timeout=5).close()
            shown = emulator.stdout.readline() + emulator.stdout.readline()
            assert all(part in shown for part in ("ios", "on-token", "Algorithms", "A → B"))
            emulator.send_signal(signal.SIGTERM)
            assert emulator.wait(timeout=10) == 0
        finally:
            emulator.kill()


def test_it_starts_without_django() -> None:
    code = "import sys, apps.notifications.emulator.server as s; print('django' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"
