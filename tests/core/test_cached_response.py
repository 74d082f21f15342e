"""A catalogue answer is rendered once a revision and answered conditionally, as RFC 9110 says."""

import gzip
import json
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from pytest_django import Settings

from apps.core.cached_response import SERVED_COPY
from tests.core.served import Catalogue

client = Client()


def get(**headers: str) -> Any:
    return client.get("/courses/", headers=headers)


def title(response: Any) -> str:
    body = response.content
    if response.headers.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    return str(json.loads(body)["title"])


def test_it_is_rendered_once_until_a_commit(catalogue: Catalogue) -> None:
    assert [title(get()) for _ in range(3)] == ["Algorithms"] * 3
    assert catalogue.rendered == 1
    catalogue.commit("Databases")
    answer = get()
    assert (title(answer), answer["Campanile-Revision"]) == ("Databases", "2")
    assert catalogue.rendered == 2


def test_its_headers_let_clients_keep_it_and_make_them_ask(catalogue: Catalogue) -> None:
    answer = get()
    assert answer["Content-Type"] == "application/json"
    assert answer["Cache-Control"] == "public, no-cache"
    assert answer["X-Accel-Expires"] == "1"
    assert answer["Content-Length"] == str(len(answer.content))
    assert "Accept-Encoding" in answer["Vary"]


def test_the_tag_follows_the_content_not_the_revision(catalogue: Catalogue) -> None:
    before = get()["ETag"]
    catalogue.commit("Databases")
    assert get()["ETag"] != before
    catalogue.commit("Algorithms")
    assert get()["ETag"] == before


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', '{} , W/"other"', "*"])
def test_whoever_has_it_is_told_so(catalogue: Catalogue, form: str) -> None:
    tag = get()["ETag"]
    answer = get(if_none_match=form.format(tag))
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer["ETag"] == tag
    assert answer["Campanile-Revision"] == "1"
    assert "Content-Type" not in answer


@pytest.mark.parametrize("held", ['"other"', "", "nonsense", 'W/"'])
def test_whoever_has_something_else_gets_it(catalogue: Catalogue, held: str) -> None:
    assert get(if_none_match=held).status_code == 200


def test_a_tag_that_must_match_and_does_not_is_412(catalogue: Catalogue) -> None:
    assert get(if_match='"other"').status_code == 412
    assert get(if_match=get()["ETag"]).status_code == 200


def test_the_zipped_form_holds_the_same_under_a_weak_tag(catalogue: Catalogue) -> None:
    plain, zipped = get(), get(accept_encoding="gzip, deflate")
    assert zipped["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.content) == plain.content
    assert zipped["ETag"] == f"W/{plain['ETag']}"
    assert get(accept_encoding="gzip", if_none_match=plain["ETag"]).status_code == 304
    assert catalogue.rendered == 1


@pytest.mark.parametrize(
    "refusal", ["", "identity", "gzip;q=0", "*;q=0", "gzip;q=0.5, identity", "br", "gzip;q=x"]
)
def test_nothing_is_zipped_for_who_does_not_want_it(catalogue: Catalogue, refusal: str) -> None:
    answer = get(accept_encoding=refusal)
    assert "Content-Encoding" not in answer.headers
    assert answer.wsgi_request.META[SERVED_COPY].zipped is None


def test_head_is_get_without_the_body(catalogue: Catalogue) -> None:
    whole, head = get(), client.head("/courses/")
    assert head.content == b""
    assert head.headers == whole.headers


def test_a_request_with_cookies_gets_a_private_answer(catalogue: Catalogue) -> None:
    answer = get(cookie="sessionid=alice")
    assert answer["Cache-Control"] == "private, no-cache"
    assert answer["X-Accel-Expires"] == "0"


def test_a_catalogue_that_is_not_public_stays_out_of_shared_caches(
    catalogue: Catalogue, settings: Settings
) -> None:
    settings.CATALOGUE_PUBLIC = False
    answer = get()
    assert answer["Cache-Control"] == "private, no-cache"
    assert answer["X-Accel-Expires"] == "0"


def test_bodies_hold_absolute_links_so_each_host_has_its_own(catalogue: Catalogue) -> None:
    for host in ("localhost", "127.0.0.1"):
        body = json.loads(client.get("/courses/", headers={"host": host}).content)
        assert body["link"] == f"http://{host}/courses/"


@pytest.mark.django_db(transaction=True)
def test_what_may_be_rolled_back_is_not_kept(catalogue: Catalogue) -> None:
    with transaction.atomic():
        catalogue.commit("Never committed")
        assert title(get()) == "Never committed"
        transaction.set_rollback(True)
    catalogue.number -= 1
    catalogue.commit("Databases")
    assert title(get()) == "Databases"
