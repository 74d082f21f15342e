"""GETs of the API take a shorter way than Django's: whatever is asked, the answers of both ways are the same to the byte, headers included."""

from dataclasses import dataclass
from typing import Any, NoReturn
from unittest.mock import Mock
from urllib.parse import quote
from wsgiref.types import WSGIApplication

import pytest
from django.db import OperationalError
from pytest_django import Settings

from apps.core.bytes_cache import bytes_cache
from apps.courses import personal, reading
from config.reads import reads
from tests.architecture.test_statements import FEW, PERSONAL, PUBLIC, Alice, alice
from tests.core.both_ways import both_ways
from tests.core.wsgi_client import Answer, ask

API = "/api/v1/"
LIST = f"{API}courses/"
GETS = [
    (route, quote(query, safe="=&+:")) for route, queries in (PUBLIC | PERSONAL).items() for query in queries
]
MISSING = "00000000-0000-0000-0000-000000000000"

# What is asked beside these, with which headers, and how it is answered.
CASES: dict[str, tuple[str, str, dict[str, str], int]] = {
    "no such page": (LIST, "page=9", {}, 404),
    "unknown parameter": (LIST, "colour=red", {}, 400),
    "a cursor that is none": (LIST, "cursor=%ff", {}, 400),
    "no such course": (f"{LIST}{MISSING}/", "", {}, 404),
    "no id": (f"{LIST}x/", "", {}, 404),
    "no such route": (f"{API}lectures/", "", {}, 404),
    "no slash at the end": (f"{API}courses", "", {}, 301),
    "two slashes": (f"{API}/courses/", "", {}, 404),
    "a line more": (f"{LIST}\n", "", {}, 404),
    "another alphabet": (f"{API}Å¡/", "", {}, 404),
    "not to be read": (f"{API}auth/token/", "", {}, 405),
    "a stranger": (f"{API}me/schedule/", "", {}, 401),
    "a token that is none": (f"{API}me/schedule/", "", {"HTTP_AUTHORIZATION": "Bearer x"}, 401),
    "another scheme": (f"{API}me/schedule/", "", {"HTTP_AUTHORIZATION": "Basic eDp4"}, 401),
    "zipped": (LIST, "", {"HTTP_ACCEPT_ENCODING": "gzip"}, 200),
    "as a page": (LIST, "", {"HTTP_ACCEPT": "text/html"}, 406),
    "at hand": (LIST, "", {"HTTP_IF_NONE_MATCH": "*"}, 304),
    "changed": (LIST, "", {"HTTP_IF_MATCH": '"x"'}, 412),
    "not changed since": (LIST, "", {"HTTP_IF_UNMODIFIED_SINCE": "Thu, 01 Jan 2026 00:00:00 GMT"}, 412),
    "a part": (LIST, "", {"HTTP_RANGE": "bytes=0-1"}, 200),
    "anew": (LIST, "", {"HTTP_CACHE_CONTROL": "no-cache"}, 200),
    "in Serbian": (f"{API}me/schedule/", "", {"HTTP_ACCEPT_LANGUAGE": "sr"}, 401),
    "another host": (LIST, "", {"HTTP_HOST": "elsewhere.example"}, 400),
    "a host that is none": (LIST, "", {"HTTP_HOST": "a b"}, 400),
    "another alphabet, not by TLS": (f"{API}Å¡/", "", {"HTTP_X_FORWARDED_PROTO": "http"}, 301),
    "not by TLS": (LIST, "", {"HTTP_X_FORWARDED_PROTO": "http"}, 301),
    "below another path": (LIST, "page_size=1", {"SCRIPT_NAME": "/campus"}, 200),
    "from a browser": (LIST, "", {"HTTP_ORIGIN": "https://elsewhere.example"}, 200),
    "with a cookie": (LIST, "", {"HTTP_COOKIE": "sessionid=x"}, 200),
}


@pytest.fixture
def someone(transactional_db: None, time_machine: Any) -> Alice:
    time_machine.move_to("2026-10-01T09:00:00Z", tick=False)
    return alice(FEW)


@pytest.fixture
def ways(someone: Alice, settings: Settings) -> dict[str, WSGIApplication]:
    return both_ways(settings, reads)


@dataclass(frozen=True)
class Told:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @classmethod
    def by(cls, application: WSGIApplication, path: str, query: str, environ: dict[str, str]) -> "Told":
        """Nothing is at hand. Each request has an id of its own, and headers say the same in any order."""
        bytes_cache.clear()
        answer: Answer = ask(
            application, path, query=query, **{"HTTP_X_FORWARDED_PROTO": "https", **environ}
        ).without("X-Request-ID")
        return cls(answer.status, sorted(answer.headers), answer.body)


def test_both_ways_lead_to_one_answer_whatever_is_read(
    ways: dict[str, WSGIApplication], someone: Alice
) -> None:
    bearing = {"HTTP_AUTHORIZATION": f"Bearer {someone.tokens['access']}"}
    for route, query in GETS:
        path = someone.path(route)
        first = Told.by(ways["django"], path, query, bearing)
        assert first.status == 200, (route, first.body)
        assert Told.by(ways["short"], path, query, bearing) == first, route
        tag = dict(first.headers).get("ETag", "")
        for held in ({"HTTP_IF_NONE_MATCH": tag}, {"HTTP_IF_MATCH": tag}, {"HTTP_IF_MATCH": '"x"'}):
            short, long = (Told.by(ways[way], path, query, bearing | held) for way in ("short", "django"))
            assert short == long, (route, held)


@pytest.mark.parametrize("public", [True, False])
def test_both_ways_lead_to_one_answer_however_it_is_asked(
    ways: dict[str, WSGIApplication], settings: Settings, public: bool
) -> None:
    settings.CATALOGUE_PUBLIC = public
    short, long = (
        {name: Told.by(ways[way], path, query, environ) for name, (path, query, environ, _) in CASES.items()}
        for way in ("short", "django")
    )
    assert short == long
    if public:
        assert {name: told.status for name, told in short.items()} == {
            name: status for name, (*_, status) in CASES.items()
        }


def test_what_breaks_is_answered_and_logged_alike(
    ways: dict[str, WSGIApplication],
    someone: Alice,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    bearing = {"HTTP_AUTHORIZATION": f"Bearer {someone.tokens['access']}"}
    week = (f"{API}me/schedule/", "from=2026-10-05&to=2026-10-11", bearing)
    for error, status in ((OperationalError, 503), (ZeroDivisionError, 500)):
        monkeypatch.setattr(
            personal, "_SOURCES", Mock(spec=reading.PreparedRows, **{"read.side_effect": error})
        )
        told, logged = [], []
        for way in ways.values():
            caplog.clear()
            told.append(Told.by(way, *week))
            logged.append(
                [record.getMessage() for record in caplog.records if record.name == "django.request"]
            )
        assert told[0] == told[1]
        assert told[0].status == status
        assert logged[0] == logged[1] != []


def unasked(*_: Any) -> NoReturn:
    raise AssertionError("Django was asked.")


@pytest.mark.django_db(transaction=True)
def test_a_read_does_not_enter_django() -> None:
    assert ask(reads(unasked), LIST).status == 200


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "get"])
def test_other_methods_go_on_to_django(method: str) -> None:
    with pytest.raises(AssertionError, match="Django was asked"):
        ask(reads(unasked), LIST, method=method)


@pytest.mark.parametrize(
    "path", ["/", "/health/", "/admin/", "/api/docs/", "/api/v1", "//api/v1/courses/", "/api/v1/courses"]
)
def test_other_paths_go_on_to_django(path: str) -> None:
    with pytest.raises(AssertionError, match="Django was asked"):
        ask(reads(unasked), path)


@pytest.mark.parametrize(
    "header", ["HTTP_COOKIE", "HTTP_ORIGIN", "HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE"]
)
def test_browsers_and_preconditions_go_on_to_django(header: str) -> None:
    with pytest.raises(AssertionError, match="Django was asked"):
        ask(reads(unasked), LIST, **{header: "x"})
