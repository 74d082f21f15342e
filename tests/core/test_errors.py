"""Every error of the API is an RFC 9457 problem document that says what to put right."""

import json
from typing import Any

import pytest
from django.db import DataError, OperationalError
from django.http import Http404
from django.test import Client, override_settings
from django.urls import path
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.errors import Problem, problem


class Period(serializers.Serializer[Any]):
    name = serializers.CharField()


class Term(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=5)
    periods = Period(many=True)


class TermIsOver(Problem):
    status = 409
    slug = "term_is_over"
    title = "The term is over"


RAISED: dict[str, Exception] = {
    "own": TermIsOver("It ended in June.", ended_on="2026-06-30"),
    "missing": Http404(),
    "throttled": exceptions.Throttled(wait=11.2),
    "away": OperationalError("connection refused"),
    "out-of-range": DataError("bigint out of range"),
    "bug": ZeroDivisionError("a secret detail"),
}


class Raising(APIView):
    authentication_classes = ()
    permission_classes = ()

    def get(self, request: Request, case: str) -> Response:
        raise RAISED[case]

    def post(self, request: Request, case: str) -> Response:
        Term(data=request.data).is_valid(raise_exception=True)
        return Response()


def plainly_raising(request: Any) -> Any:
    raise OperationalError("connection refused")


urlpatterns = [
    path("api/<case>/", Raising.as_view()),
    path("plain/", plainly_raising),
    path("built/", lambda request: problem(401, "Unknown key.", headers={"WWW-Authenticate": "Key"})),
]
handler400 = "apps.core.error_pages.bad_request"
handler403 = "apps.core.error_pages.permission_denied"
handler404 = "apps.core.error_pages.not_found"
handler500 = "apps.core.error_pages.server_error"
client = Client(raise_request_exception=False)
pytestmark = pytest.mark.urls(__name__)


def body(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = json.loads(response.content)
    assert document["status"] == status
    return document


def test_an_own_error_says_its_type_title_detail_and_members() -> None:
    assert body(client.get("/api/own/"), 409) == {
        "type": "urn:campanile:problem:term_is_over",
        "title": "The term is over",
        "status": 409,
        "detail": "It ended in June.",
        "ended_on": "2026-06-30",
    }


def test_validation_names_every_field_by_its_path() -> None:
    sent = {"name": "far too long", "periods": [{"name": "winter"}, {}]}
    document = body(client.post("/api/own/", sent, content_type="application/json"), 400)
    assert {(fault["field"], fault["code"]) for fault in document["errors"]} == {
        ("name", "max_length"),
        ("periods.1.name", "required"),
    }


@pytest.mark.parametrize("sent", ["", "{", '{"a": NaN}', "[" * 100_000, b"\xff"])
def test_a_body_that_is_not_json_is_the_clients_error(sent: str | bytes) -> None:
    body(client.post("/api/own/", sent, content_type="application/json"), 400)


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=100)
def test_a_body_past_the_limit_is_refused_unread() -> None:
    body(client.post("/api/own/", "x" * 101, content_type="application/json"), 413)


def test_headers_that_belong_to_an_error_are_kept() -> None:
    throttled = client.get("/api/throttled/")
    body(throttled, 429)
    assert throttled["Retry-After"] == "12"
    refused = client.put("/api/own/")
    body(refused, 405)
    assert refused["Allow"] == "GET, POST, HEAD, OPTIONS"
    built = client.get("/built/")
    body(built, 401)
    assert built["WWW-Authenticate"] == "Key"


@pytest.mark.parametrize("where", ["/api/away/", "/plain/"])
def test_a_database_that_is_away_is_503_with_retry_after(where: str) -> None:
    answer = client.get(where)
    body(answer, 503)
    assert answer["Retry-After"] == "1"


def test_a_value_the_database_cannot_hold_is_the_clients_error() -> None:
    body(client.get("/api/out-of-range/"), 400)


def test_a_bug_tells_the_client_nothing() -> None:
    answer = client.get("/api/bug/")
    assert body(answer, 500) == {"type": "about:blank", "title": "Internal Server Error", "status": 500}


def test_unknown_addresses_are_problems_except_where_people_browse() -> None:
    assert body(client.get("/api/missing/"), 404)["title"] == "Not Found"
    body(client.get("/nowhere"), 404)
    page = client.get("/admin/nowhere/")
    assert page.status_code == 404
    assert page["Content-Type"].startswith("text/html")


def test_an_unknown_host_is_a_problem() -> None:
    body(client.get("/built-in", headers={"host": "evil.example"}), 400)
