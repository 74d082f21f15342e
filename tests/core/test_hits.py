"""A hit is answered without entering Django, and nobody can tell."""

from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler

from apps.core.bytes_cache import bytes_cache
from apps.core.wsgi import Campanile
from tests.core.served import Catalogue
from tests.core.wsgi_client import Answer, ask

ODD: dict[str, dict[str, Any]] = {
    "cookies": {"HTTP_COOKIE": "sessionid=alice"},
    "a range": {"HTTP_RANGE": "bytes=0-1"},
    "no-cache": {"HTTP_CACHE_CONTROL": "no-cache"},
    "no-store": {"HTTP_CACHE_CONTROL": "max-age=0, no-store"},
    "pragma": {"HTTP_PRAGMA": "no-cache"},
    "another method": {"method": "OPTIONS"},
    "if-match": {"HTTP_IF_MATCH": "*"},
    "another host": {"HTTP_HOST": "127.0.0.1"},
    "another query": {"query": "page=2"},
    "another scheme": {"wsgi.url_scheme": "https"},
    "another accept": {"HTTP_ACCEPT": "text/html"},
    "another origin": {"HTTP_ORIGIN": "https://elsewhere.example"},
}


@pytest.fixture
def application(catalogue: Catalogue) -> Campanile:
    return Campanile(WSGIHandler(), catalogue=catalogue.revision)


def fast(application: Campanile, catalogue: Catalogue, **request: Any) -> Answer:
    """Asks twice and returns the second answer, which must not have entered Django."""
    ask(application, "/courses/", **request)
    entered = catalogue.entered
    answer = ask(application, "/courses/", **request)
    assert catalogue.entered == entered
    return answer


def slow(catalogue: Catalogue, **request: Any) -> Answer:
    return ask(Campanile(WSGIHandler(), catalogue=catalogue.revision), "/courses/", **request)


@pytest.mark.parametrize("encoding", ["", "gzip", "gzip;q=0", "br, *;q=0.1"])
@pytest.mark.parametrize("held", [None, "*", '"other"'])
@pytest.mark.parametrize("origin", [None, "https://app.example"])
def test_fast_and_slow_answers_are_the_same_bytes(
    application: Campanile, catalogue: Catalogue, encoding: str, held: str | None, origin: str | None
) -> None:
    request = {"HTTP_ACCEPT_ENCODING": encoding, "HTTP_IF_NONE_MATCH": held, "HTTP_ORIGIN": origin}
    request = {name: value for name, value in request.items() if value is not None}
    assert fast(application, catalogue, **request).without("X-Request-ID") == slow(
        catalogue, **request
    ).without("X-Request-ID")


def test_a_head_is_hit_by_what_a_get_left(application: Campanile, catalogue: Catalogue) -> None:
    ask(application, "/courses/")
    entered = catalogue.entered
    hit = ask(application, "/courses/", method="HEAD")
    assert catalogue.entered == entered
    assert hit.without("X-Request-ID") == slow(catalogue, method="HEAD").without("X-Request-ID")
    assert hit.body == b""


def test_the_tag_of_a_hit_is_answered_304_by_a_hit(application: Campanile, catalogue: Catalogue) -> None:
    tag = ask(application, "/courses/")["ETag"]
    answer = fast(application, catalogue, HTTP_IF_NONE_MATCH=tag)
    assert (answer.status, answer.body) == (304, b"")
    assert "content-length" not in {name.lower() for name, _ in answer.headers}


def test_a_commit_ends_every_hit(application: Campanile, catalogue: Catalogue) -> None:
    before = fast(application, catalogue)
    catalogue.commit("Databases")
    after = ask(application, "/courses/")
    assert b"Databases" in after.body
    assert after["ETag"] != before["ETag"]


@pytest.mark.parametrize("held", [None, "*"])
def test_a_commit_elsewhere_ends_no_hit_but_is_told(
    application: Campanile, catalogue: Catalogue, held: str | None
) -> None:
    request = {"HTTP_IF_NONE_MATCH": held} if held else {}
    before = fast(application, catalogue, **request)
    entered = catalogue.entered
    catalogue.commit_elsewhere()
    hit = ask(application, "/courses/", **request)
    assert catalogue.entered == entered
    assert (before["Campanile-Revision"], hit["Campanile-Revision"]) == ("1", "2")
    bytes_cache.clear()
    assert hit.without("X-Request-ID") == slow(catalogue, **request).without("X-Request-ID")


@pytest.mark.parametrize("encoding", ["", "gzip", "gzip;q=0", "br, *;q=0.1"])
@pytest.mark.parametrize("held", [None, "*", '"other"'])
@pytest.mark.parametrize("origin", [None, "https://app.example"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_may_be_renewed_is_without_entering_django_and_nobody_can_tell(
    application: Campanile,
    catalogue: Catalogue,
    encoding: str,
    held: str | None,
    origin: str | None,
    method: str,
) -> None:
    catalogue.renewable = True
    given = {"HTTP_ACCEPT_ENCODING": encoding, "HTTP_IF_NONE_MATCH": held, "HTTP_ORIGIN": origin}
    request: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    fast(application, catalogue, **request)
    entered = catalogue.entered
    catalogue.commit("Databases")
    renewed = ask(application, "/courses/", method=method, **request)
    again = ask(application, "/courses/", method=method, **request)
    assert catalogue.entered == entered
    bytes_cache.clear()
    told = slow(catalogue, method=method, **request)
    assert renewed.without("X-Request-ID") == again.without("X-Request-ID") == told.without("X-Request-ID")
    assert renewed["Campanile-Revision"] == "2"


def test_a_tag_of_before_is_told_what_was_renewed(application: Campanile, catalogue: Catalogue) -> None:
    catalogue.renewable = True
    tag = ask(application, "/courses/")["ETag"]
    fast(application, catalogue, HTTP_IF_NONE_MATCH=tag)
    entered = catalogue.entered
    catalogue.commit("Databases")
    renewed = ask(application, "/courses/", HTTP_IF_NONE_MATCH=tag)
    assert (renewed.status, b"Databases" in renewed.body) == (200, True)
    assert ask(application, "/courses/", HTTP_IF_NONE_MATCH=renewed["ETag"]).status == 304
    assert catalogue.entered == entered


def test_what_cannot_be_renewed_enters_django(application: Campanile, catalogue: Catalogue) -> None:
    """Which says what is wrong."""
    catalogue.renewable = True
    fast(application, catalogue)
    entered = catalogue.entered
    catalogue.commit("broken")
    assert ask(application, "/courses/").status == 500
    assert catalogue.entered == entered + 1


def test_what_comes_in_another_coding_than_before_enters_django(
    application: Campanile, catalogue: Catalogue
) -> None:
    catalogue.renewable = True
    assert fast(application, catalogue, HTTP_ACCEPT_ENCODING="gzip")["Content-Encoding"] == "gzip"
    entered = catalogue.entered
    catalogue.padding = 0
    catalogue.commit("Databases")
    answer = ask(application, "/courses/", HTTP_ACCEPT_ENCODING="gzip")
    assert catalogue.entered == entered + 1
    assert b"Databases" in answer.body


def test_a_database_restored_from_a_backup_ends_them_too(
    application: Campanile, catalogue: Catalogue
) -> None:
    catalogue.commit("Lost with the disk")
    fast(application, catalogue)
    catalogue.number -= 1
    catalogue.title = "Algorithms"
    assert b"Algorithms" in ask(application, "/courses/").body


@pytest.mark.parametrize("oddity", ODD)
def test_anything_odd_enters_django(application: Campanile, catalogue: Catalogue, oddity: str) -> None:
    fast(application, catalogue)
    entered = catalogue.entered
    ask(application, "/courses/", **ODD[oddity])
    assert catalogue.entered == entered + 1


def test_answers_to_requests_with_cookies_are_not_kept(application: Campanile, catalogue: Catalogue) -> None:
    ask(application, "/courses/", HTTP_COOKIE="sessionid=alice")
    entered = catalogue.entered
    assert ask(application, "/courses/")["Cache-Control"] == "public, no-cache"
    assert catalogue.entered == entered + 1


def test_a_catalogue_that_is_not_public_has_no_hits(
    application: Campanile, catalogue: Catalogue, settings: Any
) -> None:
    settings.CATALOGUE_PUBLIC = False
    for entered in (1, 2, 3):
        ask(application, "/courses/")
        assert catalogue.entered == entered
