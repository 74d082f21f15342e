import json
import shlex
import time
from itertools import pairwise

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from compose.local.webhook import curl_line

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="


def parsed(line: str) -> tuple[dict[str, str], str]:
    words = shlex.split(line)
    headers = dict(after.split(": ", 1) for word, after in pairwise(words) if word == "-H")
    return headers, words[-1]


def test_the_printed_request_is_signed_as_the_reference_library_verifies() -> None:
    line = curl_line("http://127.0.0.1:8000", {"WEBHOOK_SECRETS": json.dumps({"course-service": [SECRET]})})
    headers, body = parsed(line)
    assert Webhook(SECRET).verify(body, headers)["type"] == "course.updated"
    assert "http://127.0.0.1:8000/webhooks/course-service/" in line
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body.replace("Raf20", "Raf21"), headers)


def test_each_line_is_a_delivery_of_its_own() -> None:
    environ = {"WEBHOOK_SECRETS": json.dumps({"course-service": [SECRET]})}
    first, second = (parsed(curl_line("http://x", environ, now=time.time()))[0] for _ in range(2))
    assert first["webhook-id"] != second["webhook-id"]


def test_without_a_secret_nothing_is_printed() -> None:
    assert curl_line("http://x", {"WEBHOOK_SECRETS": '{"course-service": []}'}) == ""
