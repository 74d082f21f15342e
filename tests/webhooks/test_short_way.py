"""Deliveries take a shorter way than Django's: whatever they are, the answers of both ways are the same to the byte, headers included."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, NoReturn
from unittest.mock import Mock
from wsgiref.types import WSGIApplication

import pytest
from django.db import OperationalError
from pytest_django import Settings

from apps.webhooks import views
from apps.webhooks.models import Conflict, Delivery
from apps.webhooks.short_way import deliveries
from tests.core.both_ways import both_ways
from tests.core.wsgi_client import Answer, ask
from tests.factories.documents import course
from tests.factories.webhooks import Sender, event

# A request that begins looks after the connection, which would end the transaction of a test.
committing = pytest.mark.django_db(transaction=True)

KNOWN = json.dumps(event("course.updated", course())).encode()
OTHER = json.dumps(event("course.deleted", {"id": "algorithms"})).encode()
UNKNOWN = json.dumps(event("library.moved", {})).encode()
MALFORMED = b'{"type": "course.deleted", "timestamp": "2026-01-01T00:00:00Z", "data": {}}'
ID_OF_A_DELIVERY = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Post:
    """`environ` takes the place of what is sent otherwise, None leaving it out."""

    body: bytes = KNOWN
    environ: dict[str, str | None] | None = None
    source: str = "course-service"

    def ask(self, application: WSGIApplication, signed: dict[str, str]) -> Answer:
        sent: dict[str, Any] = {
            "wsgi.input": BytesIO(self.body),
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(self.body)),
            **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in signed.items()},
            **(self.environ or {}),
        }
        return ask(
            application,
            f"/webhooks/{self.source}/",
            method="POST",
            **{name: value for name, value in sent.items() if value is not None},
        )


def having(**environ: str | None) -> list[Post]:
    return [Post(environ=environ)]


# What is posted, all under one id, and how the last of it is answered.
CASES: dict[str, tuple[Sequence[Post], int]] = {
    "new": ([Post()], 202),
    "again": ([Post(), Post()], 200),
    "another body": ([Post(), Post(OTHER)], 409),
    "unknown type": ([Post(UNKNOWN)], 202),
    "unknown type again": ([Post(UNKNOWN), Post(UNKNOWN)], 200),
    "malformed": ([Post(MALFORMED)], 400),
    "malformed again": ([Post(MALFORMED), Post(MALFORMED)], 400),
    "no JSON": ([Post(b"\xff")], 400),
    "empty": ([Post(b"")], 400),
    "unknown source": ([Post(source="nobody")], 401),
    "no id": (having(HTTP_WEBHOOK_ID=None), 401),
    "odd id": (having(HTTP_WEBHOOK_ID="msg.1"), 401),
    "no timestamp": (having(HTTP_WEBHOOK_TIMESTAMP=None), 401),
    "long ago": (having(HTTP_WEBHOOK_TIMESTAMP="1"), 401),
    "no signature": (having(HTTP_WEBHOOK_SIGNATURE=None), 401),
    "signed by another": (having(HTTP_WEBHOOK_SIGNATURE=f"v1,{'A' * 43}="), 401),
    "cut short": (having(CONTENT_LENGTH=str(len(KNOWN) + 1)), 401),
    "no type": (having(CONTENT_TYPE=""), 415),
    "a form": (having(CONTENT_TYPE="application/x-www-form-urlencoded"), 415),
    "an odd type": (having(CONTENT_TYPE="application/json; charset=\0"), 400),
    "encoded": (having(HTTP_CONTENT_ENCODING="gzip"), 415),
    "no length": (having(CONTENT_LENGTH=""), 411),
    "too long": (having(CONTENT_LENGTH=str(10**9)), 413),
    "another host": (having(HTTP_HOST="elsewhere.example"), 400),
    "an empty host": (having(HTTP_HOST=""), 400),
    "a host that is none": (having(HTTP_HOST="a b"), 400),
    "not by TLS": (having(HTTP_X_FORWARDED_PROTO="http"), 301),
    "from a browser": (having(HTTP_ORIGIN="https://elsewhere.example", HTTP_REFERER="x"), 202),
    "with a cookie": (having(HTTP_COOKIE="sessionid=x"), 202),
    "with a precondition": (having(HTTP_IF_NONE_MATCH="*", HTTP_IF_MATCH='"x"'), 202),
    "with a range": (having(HTTP_RANGE="bytes=0-1"), 202),
    "with a query": (having(QUERY_STRING="a=%ff"), 202),
    "by an odd source": ([Post(source="course service")], 401),
}


@pytest.fixture
def ways(sender: Sender, settings: Settings) -> dict[str, WSGIApplication]:
    return both_ways(settings, deliveries)


def told(answer: Answer) -> tuple[int, list[tuple[str, str]], bytes]:
    """Each delivery and each request has an id of its own; headers say the same in any order."""
    headers = sorted(answer.without("X-Request-ID").headers)
    return answer.status, headers, ID_OF_A_DELIVERY.sub(b"its id", answer.body)


def asked(application: WSGIApplication, posts: Sequence[Post], sender: Sender) -> tuple[Any, Any]:
    """The last answer, and what is stored by then; nothing of it stays."""
    sent_at = datetime.now(UTC)
    for post in posts:
        signed = {"X-Forwarded-Proto": "https", **sender.signed(post.body, id="msg_1", at=sent_at)}
        answer = post.ask(application, signed)
    kept = list(Delivery.objects.values_list("source", "webhook_id", "type", "body", "status", "error"))
    noted = list(Conflict.objects.values_list("body_sha256", flat=True))
    Delivery.objects.all().delete()
    return told(answer), (kept, noted)


@committing
def test_both_ways_lead_to_one_answer(ways: dict[str, WSGIApplication], sender: Sender) -> None:
    short, long = (
        {name: asked(ways[way], posts, sender) for name, (posts, _) in CASES.items()}
        for way in ("short", "django")
    )
    assert short == long
    assert {name: answer[0] for name, (answer, _) in short.items()} == {
        name: status for name, (_, status) in CASES.items()
    }


@committing
def test_what_breaks_is_answered_alike(
    ways: dict[str, WSGIApplication], sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error, status in ((OperationalError, 503), (ZeroDivisionError, 500)):
        monkeypatch.setattr(views, "store", Mock(side_effect=error))
        short, long = (asked(ways[way], [Post()], sender) for way in ("short", "django"))
        assert short == long
        assert short[0][0] == status


def unasked(*_: Any) -> NoReturn:
    raise AssertionError("Django was asked.")


@committing
def test_a_delivery_does_not_enter_django(sender: Sender) -> None:
    assert Post().ask(deliveries(unasked), sender.signed(KNOWN)).status == 202


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "post"])
def test_other_methods_go_on_to_django(method: str) -> None:
    with pytest.raises(AssertionError, match="Django was asked"):
        ask(deliveries(unasked), "/webhooks/course-service/", method=method)


@pytest.mark.parametrize(
    "path",
    [
        "/webhooks/",
        "/webhooks/course-service",
        "/webhooks/course-service/x/",
        "/webhooks/course-service/\n",
        "//webhooks/course-service/",
        "/webhooks/\u0161/",
        "/api/v1/auth/token/",
    ],
)
def test_other_paths_go_on_to_django(path: str) -> None:
    with pytest.raises(AssertionError, match="Django was asked"):
        ask(deliveries(unasked), path, method="POST")


def test_a_cookie_goes_on_to_django() -> None:
    with pytest.raises(AssertionError, match="Django was asked"):
        having(HTTP_COOKIE="csrftoken=x")[0].ask(deliveries(unasked), {})


def test_a_request_that_names_no_host_goes_on_to_django() -> None:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/webhooks/course-service/",
        "SERVER_NAME": "",
        "SERVER_PORT": "",
        "wsgi.input": BytesIO(),
        "wsgi.url_scheme": "http",
    }
    with pytest.raises(AssertionError, match="Django was asked"):
        deliveries(unasked)(environ, Mock())


@committing
def test_what_one_request_was_let_pass_for_lets_no_other_pass(
    ways: dict[str, WSGIApplication], sender: Sender
) -> None:
    """Django's middlewares are asked once for requests that are alike to them."""
    same: dict[str, str | None] = {
        "HTTP_X_FORWARDED_PROTO": "https",
        "HTTP_HOST": "localhost",
        "wsgi.url_scheme": "http",
    }
    kinds = [
        same,
        {**same, "HTTP_X_FORWARDED_PROTO": "http"},
        {**same, "HTTP_HOST": "elsewhere.example"},
        same,
        {**same, "wsgi.url_scheme": "https"},
        {**same, "HTTP_HOST": "localhost:8443"},
    ]
    statuses = []
    for environ in kinds:
        short, long = (asked(ways[way], having(**environ), sender) for way in ("short", "django"))
        assert short == long
        statuses.append(short[0][0])
    assert statuses == [202, 301, 400, 202, 202, 202]
