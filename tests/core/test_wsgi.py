"""The outermost layer: every request has an id, whole headers, one log line, and never a traceback in its answer."""

import json
from typing import Any

import pytest
import structlog
from django.core.handlers.wsgi import WSGIHandler
from pytest_django import Settings

from apps.core import logging
from apps.core import wsgi as outermost
from apps.core.wsgi import Campanile
from tests.core.served import Catalogue
from tests.core.wsgi_client import ask


@pytest.fixture
def application(catalogue: Catalogue) -> Campanile:
    return Campanile(WSGIHandler(), catalogue=catalogue.revision)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """The JSON lines written since the last call, as production writes them."""
    logging.configure({"json": True, "level": "INFO"})
    for module in (logging, outermost):
        monkeypatch.setattr(module, "log", structlog.get_logger())
    yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    logging.configure({"json": False, "level": "INFO"})


def test_a_sane_request_id_is_kept(application: Campanile) -> None:
    assert ask(application, "/plain/", HTTP_X_REQUEST_ID="from-nginx.1_a")["X-Request-ID"] == "from-nginx.1_a"


@pytest.mark.parametrize("given", [None, "", "a" * 65, "a b", "a\r\nSet-Cookie: x", "<script>", "č"])
def test_any_other_is_replaced_by_a_new_one(application: Campanile, given: str | None) -> None:
    sent = {} if given is None else {"HTTP_X_REQUEST_ID": given}
    first, second = (ask(application, "/plain/", **sent)["X-Request-ID"] for _ in range(2))
    assert first != second
    assert len(first) == 16


@pytest.mark.parametrize("path", ["/plain/", "/courses/", "/nowhere/", "/raising/"])
def test_every_answer_carries_the_security_headers_once(application: Campanile, path: str) -> None:
    for _ in range(2):
        answer = ask(application, path)
        names = [name.lower() for name, _ in answer.headers]
        assert len(names) == len(set(names))
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["Referrer-Policy"] == "same-origin"
        if "json" in answer["Content-Type"]:
            assert answer["Content-Security-Policy"].startswith("default-src 'none'")


def test_an_error_is_not_kept_by_anybody(application: Campanile) -> None:
    assert ask(application, "/nowhere/")["Cache-Control"] == "no-store"
    assert ask(application, "/plain/")["Cache-Control"] == "private, no-cache"


def test_every_get_has_a_tag_and_answers_304(application: Campanile) -> None:
    tag = ask(application, "/plain/")["ETag"]
    assert ask(application, "/plain/", HTTP_IF_NONE_MATCH=tag).status == 304


def test_each_request_leaves_one_line(application: Campanile, catalogue: Catalogue, lines: Any) -> None:
    catalogue.renewable = True
    for revision, served_by in ((1, "django"), (1, "hit"), (2, "renewal")):
        if revision != catalogue.number:
            catalogue.commit("Databases")
        answer = ask(application, "/courses/", query="token=secret", HTTP_X_REQUEST_ID="abc")
        (line,) = lines()
        assert line.pop("ms") > 0
        assert line.pop("timestamp")
        assert line == {
            "event": "request",
            "level": "info",
            "method": "GET",
            "path": "/courses/",
            "status": 200,
            "bytes": len(answer.body),
            "request_id": "abc",
            "served_by": served_by,
            "revision": revision,
        }


@pytest.mark.parametrize("revision", [None, 12])
@pytest.mark.parametrize("path", ["/api/v1/courses/", '/odd "\\\n\x00\x7fčet\u2028/'])
@pytest.mark.parametrize("ms", [0.001, 12.0, 1234.568, 0.0])
def test_the_line_of_a_request_is_what_structlog_would_write(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    time_machine: Any,
    lines: Any,
    revision: int | None,
    path: str,
    ms: float,
) -> None:
    time_machine.move_to("2026-10-05T12:00:00.000120Z" if revision else "2026-10-05T12:00:00Z", tick=False)
    written = []
    for composes in (True, False):
        monkeypatch.setattr(logging, "_composes_requests", composes)
        logging.write_request(
            method="GET",
            path=path,
            status=200,
            ms=ms,
            bytes=7,
            request_id="abc",
            served_by="hit",
            revision=revision,
        )
        written.append(capsys.readouterr().err)
    assert written[0] == written[1]
    assert written[0].endswith("\n")


def test_a_level_above_it_silences_the_line_of_a_request(application: Campanile, lines: Any) -> None:
    logging.configure({"json": True, "level": "WARNING"})
    ask(application, "/plain/")
    assert lines() == []


def test_a_secret_in_a_path_stays_out_of_the_log(application: Campanile, lines: Any) -> None:
    ask(application, "/calendar/c0ffee.ics")
    (line,) = lines()
    assert line["path"] == "/calendar/…"


def test_not_even_a_bug_writes_a_secret_in_a_path_down(application: Campanile, lines: Any) -> None:
    assert ask(application, "/calendar/broken-c0ffee.ics").status == 500
    bug, request = lines()
    assert bug["event"] == "Internal Server Error: /calendar/…"
    assert "c0ffee" not in f"{bug}{request}"


def test_an_exception_that_escapes_django_is_a_problem_and_a_line(catalogue: Catalogue, lines: Any) -> None:
    def broken(environ: Any, start_response: Any) -> Any:
        raise ZeroDivisionError("a secret detail")

    answer = ask(Campanile(broken, catalogue=catalogue.revision), "/plain/", HTTP_X_REQUEST_ID="abc")
    assert answer.status == 500
    assert answer["Content-Type"] == "application/problem+json"
    assert b"secret" not in answer.body
    escaped, request = lines()
    assert "ZeroDivisionError: a secret detail" in escaped["exception"]
    assert escaped["request_id"] == request["request_id"] == "abc"
    assert request["status"] == 500


@pytest.mark.parametrize("given", ["application/json; charset*=bogus''%41", "application/json; charset=a\0b"])
def test_a_content_type_that_django_cannot_read_is_the_client_s_mistake(
    application: Campanile, given: str
) -> None:
    answer = ask(application, "/plain/", CONTENT_TYPE=given)
    assert answer.status == 400
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("given", ["application/json; charset=klingon", "text/plain", ";;", "a" * 5000])
def test_any_other_is_django_s_to_judge(application: Campanile, given: str) -> None:
    assert ask(application, "/plain/", CONTENT_TYPE=given).status == 200


def test_an_answer_that_breaks_off_is_not_taken_for_whole(application: Campanile, lines: Any) -> None:
    with pytest.raises(ZeroDivisionError):
        ask(application, "/streaming/")
    assert [line["event"] for line in lines()][-2:] == ["escaped while answering", "request"]


def test_a_bug_in_a_view_is_logged_with_its_request_id(application: Campanile, lines: Any) -> None:
    answer = ask(application, "/raising/", HTTP_X_REQUEST_ID="abc")
    assert answer.status == 500
    assert b"secret" not in answer.body
    (bug,) = [line for line in lines() if "exception" in line]
    assert bug["request_id"] == "abc"


def test_metrics_are_for_this_machine_or_the_bearer_of_the_token(
    application: Campanile, settings: Settings
) -> None:
    ask(application, "/plain/")
    local = ask(application, "/metrics", REMOTE_ADDR="127.0.0.1")
    assert b'campanile_request_seconds_count{method="GET",served_by="django",status="200"}' in local.body
    for outside in (
        {},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "192.0.2.7"},
        {"HTTP_AUTHORIZATION": "Bearer "},
    ):
        assert ask(application, "/metrics", **outside).status == 404
    settings.METRICS_TOKEN = "a-token"
    assert ask(application, "/metrics", HTTP_AUTHORIZATION="Bearer a-token").status == 200
    assert ask(application, "/metrics", HTTP_AUTHORIZATION="Bearer b-token").status == 404
    assert ask(application, "/metrics", REMOTE_ADDR="127.0.0.1").status == 404
