"""Rooms over HTTP, with real transactions, so that bytes are cached as they are for readers."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories.documents import delete_course, entry, exam, put_course, put_term

pytestmark = pytest.mark.django_db(transaction=True)
# Tuesday 6 October 2026, in Belgrade's summer: the lecture in Raf20 is from 11:15 to 13:00.
TUESDAY = "2026-10-06"
MOVED = {
    "date": "2026-10-13",
    "status": "moved",
    "new_date": "2026-10-21",
    "starts_at": "09:00",
    "ends_at": "10:00",
    "rooms": ["Raf09"],
}
CANCELLED = {"date": "2026-10-20", "status": "cancelled"}


@pytest.fixture
def faculty() -> None:
    put_term()
    put_course(
        1,
        entries=[
            entry(exceptions=[MOVED, CANCELLED]),
            entry(id="lab", weekday=2, starts_at="15:00", ends_at="16:00", rooms=["Raf04", "Raf20", ""]),
        ],
        exams=[exam()],
    )


def get(client: Client, path: str, query: dict[str, str] | str = "", **headers: str) -> Any:
    query = query if isinstance(query, str) else urlencode(query)
    return client.get(f"/api/v1/rooms/{path}?{query}", headers={"Cache-Control": "no-cache", **headers})


def free(client: Client, at: str, until: str = "") -> dict[str, str | None]:
    """Moments without offset are Belgrade's in summer."""
    moments = {"at": at, "until": until} if until else {"at": at}
    query = {name: moment if moment[-1] == "Z" else f"{moment}:00+02:00" for name, moment in moments.items()}
    answer = get(client, "free/", query)
    assert answer.status_code == 200, answer.content
    return {room["name"]: room["free_until"] for room in answer.json()["results"]}


@pytest.mark.usefixtures("faculty")
class TestRooms:
    def test_are_those_of_entries_exceptions_and_sittings(self, client: Client) -> None:
        assert get(client, "").json() == {
            "count": 4,
            "next": None,
            "previous": None,
            "results": [
                {"name": "Raf01", "entries": 0},
                {"name": "Raf04", "entries": 1},
                {"name": "Raf09", "entries": 0},
                {"name": "Raf20", "entries": 2},
            ],
        }

    def test_of_deleted_courses_are_not_listed(self, client: Client) -> None:
        put_course(2, id="logic", entries=[entry(rooms=["Raf20"])])
        delete_course(2)
        assert get(client, "").json()["results"] == [{"name": "Raf20", "entries": 1}]

    def test_come_in_pages(self, client: Client) -> None:
        second = get(client, "", "page=2&page_size=3").json()
        assert ([room["name"] for room in second["results"]], second["next"]) == (["Raf20"], None)

    def test_answer_304_and_refuse_filters(self, client: Client) -> None:
        etag = get(client, "")["ETag"]
        assert get(client, "", **{"If-None-Match": etag}).status_code == 304
        assert get(client, "", "building=1").json()["errors"][0]["field"] == "building"


@pytest.mark.usefixtures("faculty")
class TestFreeRooms:
    def test_are_those_without_a_meeting_and_tell_what_comes_next(self, client: Client) -> None:
        assert free(client, f"{TUESDAY}T11:30") == {
            "Raf01": None,
            "Raf04": f"{TUESDAY}T15:00:00+02:00",
            "Raf09": None,
        }

    def test_are_free_up_to_the_start_and_from_the_end(self, client: Client) -> None:
        assert free(client, f"{TUESDAY}T10:15")["Raf20"] == f"{TUESDAY}T11:15:00+02:00"
        assert "Raf20" not in free(client, f"{TUESDAY}T10:16")
        assert "Raf20" not in free(client, f"{TUESDAY}T12:59")
        assert free(client, f"{TUESDAY}T13:00")["Raf20"] == f"{TUESDAY}T15:00:00+02:00"
        assert "Raf20" not in free(client, f"{TUESDAY}T10:00", f"{TUESDAY}T23:00")

    def test_the_next_thing_is_of_the_same_day(self, client: Client) -> None:
        assert free(client, "2026-10-05T22:00")["Raf20"] is None
        assert free(client, f"{TUESDAY}T00:00")["Raf20"] == f"{TUESDAY}T11:15:00+02:00"
        assert free(client, f"{TUESDAY}T16:00")["Raf20"] is None

    def test_the_day_on_which_clocks_go_back_is_one_day(self, client: Client) -> None:
        sunday = {"date": "2026-10-25", "status": "added", "rooms": ["Raf09"]}
        put_course(2, entries=[entry(exceptions=[sunday])])
        assert free(client, "2026-10-25T00:30")["Raf09"] == "2026-10-25T11:15:00+01:00"
        assert "Raf09" not in free(client, "2026-10-25T10:15:00Z")
        assert "Raf09" in free(client, "2026-10-25T09:15:00Z")

    def test_a_moved_meeting_is_where_and_when_it_was_moved_to(self, client: Client) -> None:
        assert free(client, "2026-10-13T11:30")["Raf20"] == "2026-10-13T15:00:00+02:00"
        assert "Raf09" not in free(client, "2026-10-21T09:30")
        assert "Raf20" in free(client, "2026-10-21T09:30")

    def test_a_cancelled_meeting_needs_no_room(self, client: Client) -> None:
        assert "Raf20" in free(client, "2026-10-20T11:30")

    def test_an_exam_needs_its_rooms(self, client: Client) -> None:
        assert free(client, "2027-01-20T07:00:00Z")["Raf01"] == "2027-01-20T09:00:00+01:00"
        assert "Raf01" not in free(client, "2027-01-20T10:59:00Z")
        assert "Raf01" in free(client, "2027-01-20T11:00:00Z")

    def test_each_term_counts_in_its_own_zone(self, client: Client) -> None:
        put_term(1, id="elsewhere", time_zone="Asia/Tokyo")
        late = entry(id="late", weekday=3, starts_at="01:00", ends_at="02:00", rooms=["Shared"])
        put_course(2, id="tokyo", term="elsewhere", entries=[late])
        here = entry(id="here", weekday=2, starts_at="20:00", ends_at="21:00", rooms=["Shared"])
        put_course(2, id="belgrade", entries=[here])
        # Wednesday 01:00 in Tokyo is Tuesday 18:00 in Belgrade; at 17:00 it is already Wednesday there.
        assert free(client, f"{TUESDAY}T16:45", f"{TUESDAY}T17:00")["Shared"] == f"{TUESDAY}T20:00:00+02:00"
        assert free(client, f"{TUESDAY}T17:00")["Shared"] == "2026-10-07T01:00:00+09:00"
        assert "Shared" not in free(client, f"{TUESDAY}T18:30")
        assert "Shared" not in free(client, f"{TUESDAY}T20:30")

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({}, "at"),
            ({"at": "now"}, "at"),
            ({"at": "2026-10-06T10:00:00"}, "at"),
            ({"at": "1900-01-01T00:00:00Z", "until": "x"}, "until"),
            ({"at": f"{TUESDAY}T10:00:00Z", "until": f"{TUESDAY}T10:00:00Z"}, "until"),
            ({"at": f"{TUESDAY}T10:00:00Z", "until": "2026-10-07T10:00:01Z"}, "until"),
            ({"at": f"{TUESDAY}T10:00:00Z", "room": "Raf20"}, "room"),
            ({"at": f"{TUESDAY}T10:00:00Z", "page": "0"}, "page"),
        ],
    )
    def test_refuse_what_they_do_not_know_and_name_it(
        self, client: Client, query: dict[str, str], field: str
    ) -> None:
        answer = get(client, "free/", query)
        assert answer.status_code == 400
        assert [error["field"] for error in answer.json()["errors"]] == [field]

    def test_the_first_and_last_moments_of_the_calendar_are_answered(self, client: Client) -> None:
        for moment in ("1900-01-01T00:00:00+23:59", "2199-12-31T23:59:59-23:59"):
            assert get(client, "free/", {"at": moment}).status_code == 200

    def test_answer_304_until_something_changes(self, client: Client) -> None:
        query = {"at": f"{TUESDAY}T10:00:00Z"}
        etag = get(client, "free/", query)["ETag"]
        assert get(client, "free/", query, **{"If-None-Match": etag}).status_code == 304
        put_course(2, entries=[])
        assert get(client, "free/", query, **{"If-None-Match": etag}).status_code == 200

    def test_a_miss_is_two_statements_and_a_hit_is_one(self, client: Client) -> None:
        for path, query in (("", {}), ("free/", {"at": f"{TUESDAY}T10:00:00Z"})):
            for expected in (2, 1):
                with CaptureQueriesContext(connection) as queries:
                    get(client, path, query)
                assert len(queries) == expected, queries.captured_queries
