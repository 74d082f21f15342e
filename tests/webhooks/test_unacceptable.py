"""What is refused before a byte of the body is looked at, signed or not."""

import json
from typing import Any

import pytest

from apps.webhooks.models import Delivery
from tests.factories.documents import course
from tests.factories.webhooks import Sender, event

BODY = json.dumps(event("course.updated", course())).encode()


def assert_refused(answer: Any, status: int) -> None:
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_only_post_is_allowed(sender: Sender, method: str) -> None:
    answer = sender.client.generic(method, sender.url, BODY, "application/json", headers=sender.signed(BODY))

    assert_refused(answer, 405)
    assert answer["Allow"] == "POST"


@pytest.mark.parametrize(
    "type",
    [
        "",
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
    ],
)
def test_only_json_is_allowed(sender: Sender, type: str) -> None:
    answer = sender.post(BODY, CONTENT_TYPE=type)

    assert_refused(answer, 415)
    assert answer["Accept"] == "application/json"


@pytest.mark.parametrize(
    "type", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/json;charset=utf-16"]
)
def test_parameters_and_case_of_the_media_type_do_not_matter(sender: Sender, type: str) -> None:
    assert sender.post(BODY, CONTENT_TYPE=type).status_code == 202


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "identity, gzip", "x"])
def test_a_body_may_not_be_encoded(sender: Sender, encoding: str) -> None:
    assert_refused(sender.post(BODY, headers={"Content-Encoding": encoding}), 415)


def test_identity_is_no_encoding(sender: Sender) -> None:
    assert sender.post(BODY, headers={"Content-Encoding": "identity"}).status_code == 202


@pytest.mark.parametrize("length", ["", "-1", "+5", "1e3", "0x10", "\u0663", "five", "1_0", "9" * 5_000])
def test_a_length_is_needed(sender: Sender, length: str) -> None:
    assert_refused(sender.post(BODY, CONTENT_LENGTH=length), 411)


@pytest.mark.parametrize("length", [5 * 1024 * 1024 + 1, 10**17])
def test_five_mebibytes_are_the_limit(sender: Sender, length: int) -> None:
    assert_refused(sender.post(BODY, CONTENT_LENGTH=str(length)), 413)
