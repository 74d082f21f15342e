"""The secret feed: who may read it, and what it says."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.courses.models import CalendarFeed
from apps.courses.models.sourced import term_id
from apps.users.models import User
from tests.courses.calendars import events, expected, unrolled
from tests.factories.documents import SOURCE, api_id, entry, exam, put_course, put_term

pytestmark = pytest.mark.django_db
FEED = "/api/v1/me/calendar-feed/"
NOW = datetime(2026, 10, 1, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _october(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


def phone(name: str) -> APIClient:
    client = APIClient()
    client.force_authenticate(User.objects.create_user(f"{name}@example.org"))
    return client


@pytest.fixture
def alice() -> APIClient:
    put_term()
    sitting = {"starts_at": "2027-01-21T09:00:00+01:00", "ends_at": "2027-01-21T12:00:00+01:00", "rooms": []}
    put_course(
        entries=[
            entry(id="everyone"),
            entry(id="101", groups=["101"], weekday=3),
            entry(id="102", groups=["102"], weekday=4),
        ],
        exams=[exam(sittings=[{**sitting, "groups": [group]} for group in ("101", "102")])],
    )
    client = phone("alice")
    client.post("/api/v1/me/enrolments/", {"course": str(api_id()), "group": "101"})
    return client


def subscribe(client: APIClient) -> str:
    answer = client.post(FEED)
    assert answer.status_code == 201
    url: str = answer.json()["url"]
    return url


def fetch(url: str, **headers: str) -> Any:
    return APIClient().get(url, headers=headers)


def test_a_feed_needs_no_sign_in_and_shows_what_its_owner_follows(alice: APIClient) -> None:
    url = subscribe(alice)
    assert url.startswith("http://testserver/calendar/")
    answer = fetch(url)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Cache-Control"] == "private, no-cache"
    shown = alice.get("/api/v1/me/schedule/?from=2026-09-28&to=2026-11-28").json()["results"]
    found = [
        meeting for meeting in unrolled(answer.content) if meeting[1] < datetime(2026, 11, 29, tzinfo=UTC)
    ]
    assert found == expected(shown)
    assert len(found) == 18


def test_only_sittings_for_the_owner_s_group_are_in_it_and_can_be_had_alone(alice: APIClient) -> None:
    [sitting] = events(fetch(f"{subscribe(alice)}?exams=only").content)
    assert sitting["UID"].endswith("-1@campanile")
    assert sitting.start == datetime(2027, 1, 21, 8, tzinfo=UTC)
    assert sitting["DTSTART"].params["TZID"] == "Europe/Belgrade"


def test_the_sittings_of_a_followed_group_are_found_in_all_courses_of_its_term(alice: APIClient) -> None:
    bob = phone("bob")
    bob.post("/api/v1/me/enrolments/", {"term": str(term_id(SOURCE, "autumn")), "group": "102"})
    sitting = {**exam()["sittings"][0], "groups": ["102"]}
    put_course(id="exam-only", entries=[entry(groups=["900"])], exams=[exam(sittings=[sitting])])
    found = events(fetch(f"{subscribe(bob)}?exams=only").content)
    assert sorted(str(each["UID"])[36:] for each in found) == ["-1@campanile", "-2@campanile"]


def test_the_address_is_told_once_and_only_its_hash_is_kept(alice: APIClient) -> None:
    assert alice.get(FEED).json() == {"url": None, "created_at": None, "last_fetched_at": None}
    secret = subscribe(alice).split("/")[-1].removesuffix(".ics")
    assert alice.get(FEED).json() == {
        "url": None,
        "created_at": "2026-10-01T09:00:00Z",
        "last_fetched_at": None,
    }
    assert len(secret) >= 43
    assert secret not in str(CalendarFeed.objects.values().get())


def test_a_new_address_ends_the_one_before(alice: APIClient) -> None:
    first, second = subscribe(alice), subscribe(alice)
    assert (fetch(first).status_code, fetch(second).status_code) == (404, 200)


def test_an_ended_feed_is_not_found_any_more(alice: APIClient) -> None:
    url = subscribe(alice)
    assert [alice.delete(FEED).status_code for _ in range(2)] == [204, 204]
    assert fetch(url).status_code == 404
    assert alice.get(FEED).json()["created_at"] is None


def test_nobody_ends_or_replaces_the_feed_of_another(alice: APIClient) -> None:
    url, bob = subscribe(alice), phone("bob")
    bob.post(FEED)
    bob.delete(FEED)
    assert fetch(url).status_code == 200


def test_who_may_not_sign_in_has_no_feed(alice: APIClient) -> None:
    url = subscribe(alice)
    User.objects.update(is_active=False)
    assert fetch(url).status_code == 404


@pytest.mark.parametrize("secret", ["x", "é", "%00", "a" * 3000, ".", "%ED%A0%80"])
def test_a_secret_that_is_none_is_not_found(secret: str) -> None:
    assert fetch(f"/calendar/{secret}.ics").status_code == 404


def test_a_token_is_needed_to_manage_the_feed() -> None:
    assert [APIClient().generic(method, FEED).status_code for method in ("GET", "POST", "DELETE")] == [
        401
    ] * 3


def test_it_answers_304_until_something_in_it_changes(alice: APIClient) -> None:
    url = subscribe(alice)
    etag = fetch(url)["ETag"]
    put_course(1, id="unrelated", entries=[entry()])
    again = fetch(url, **{"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    put_course(2, entries=[entry(id="everyone", rooms=["Raf99"])])
    assert fetch(url, **{"If-None-Match": etag}).status_code == 200


@pytest.mark.parametrize(
    ("query", "field"), [("exams=none", "exams"), ("exams=", "exams"), ("colour=red", "colour")]
)
def test_odd_parameters_are_refused_by_name(alice: APIClient, query: str, field: str) -> None:
    answer = fetch(f"{subscribe(alice)}?{query}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == field


@pytest.mark.parametrize("accept", ["text/calendar", "application/json", "text/html", "*/*", "image/png"])
def test_any_program_gets_it_whatever_it_accepts(alice: APIClient, accept: str) -> None:
    assert fetch(subscribe(alice), Accept=accept)["Content-Type"].startswith("text/calendar")


def test_when_it_was_fetched_is_noted_at_most_once_an_hour(alice: APIClient, time_machine: Any) -> None:
    url = subscribe(alice)
    for minutes, noted in ((0, 0), (59, 0), (60, 60)):
        time_machine.move_to(NOW + timedelta(minutes=minutes), tick=False)
        fetch(url)
        assert CalendarFeed.objects.get().last_fetched_at == NOW + timedelta(minutes=noted)


def test_a_fetch_is_at_most_four_statements_and_managing_it_one(alice: APIClient) -> None:
    url = subscribe(alice)
    for expected_number in (4, 3):
        with CaptureQueriesContext(connection) as queries:
            fetch(url)
        assert len(queries) == expected_number, queries.captured_queries
    for method in (alice.get, alice.post, alice.delete):
        with CaptureQueriesContext(connection) as queries:
            method(FEED)
        assert len(queries) <= 3, queries.captured_queries
