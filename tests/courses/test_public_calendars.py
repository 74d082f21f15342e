"""The calendars of courses and groups over HTTP, with real transactions, so that bytes are cached as they are for readers."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.courses.models.sourced import term_id
from tests.courses.calendars import events, expected, unrolled
from tests.factories.documents import SOURCE, api_id, delete_course, entry, exam, put_course, put_term

pytestmark = pytest.mark.django_db(transaction=True)
TERM = term_id(SOURCE, "autumn")
COURSE = f"/courses/{api_id()}/calendar.ics"


CANCELLED = {"date": "2026-10-06", "status": "cancelled"}
MOVED = {"date": "2026-10-27", "status": "moved", "new_date": "2026-10-25", "rooms": ["Raf04"]}
ADDED = {"date": "2026-11-21", "status": "added", "starts_at": "09:00"}


@pytest.fixture(autouse=True)
def _catalogue(time_machine: Any) -> None:
    time_machine.move_to("2026-12-05T23:00:00Z", tick=False)
    put_term(periods=[], ends_on="2026-11-20")
    sittings = [{**exam()["sittings"][0], "groups": groups} for groups in (["101"], [], ["3/1 ђ"])]
    put_course(
        entries=[
            entry(exceptions=[CANCELLED, MOVED, ADDED]),
            entry(id="101", groups=["101"], weekday=3),
            entry(id="3/1", groups=["3/1 ђ"], weekday=4),
        ],
        exams=[exam(sittings=sittings)],
    )
    put_course(id="unrelated", entries=[entry(id="other", groups=["900"])])


def group(name: str, term: UUID = TERM) -> str:
    return f"/groups/{term}/{quote(name, safe='')}/calendar.ics"


def get(client: Client, path: str, **headers: str) -> Any:
    return client.get(f"/api/v1{path}", headers={"Cache-Control": "no-cache", **headers})


def test_a_course_s_calendar_has_all_its_meetings_and_sittings(client: Client) -> None:
    answer = get(client, COURSE)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert answer["Cache-Control"] == "public, no-cache"
    schedule = get(client, f"/schedule/?from=2026-09-28&to=2026-11-28&course={api_id()}").json()["results"]
    content = answer.content
    assert len(schedule) == 25
    assert [each for each in unrolled(content) if each[1].year == 2026] == expected(schedule)
    assert len(events(content)) == 3 + 3 + 3


@pytest.mark.parametrize(("name", "sittings"), [("101", ["1", "2"]), ("3/1 ђ", ["2", "3"]), ("900", [])])
def test_a_group_s_calendar_has_what_names_it_or_nobody_in_its_courses(
    client: Client, name: str, sittings: list[str]
) -> None:
    content = get(client, group(name)).content
    schedule = get(client, f"/schedule/?from=2026-09-28&to=2026-11-28&group={quote(name)}").json()["results"]
    assert [each for each in unrolled(content) if each[1].year == 2026] == expected(schedule)
    alone = events(get(client, f"{group(name)}?exams=only").content)
    assert sorted(each["UID"][37:38] for each in alone) == sittings


@pytest.mark.parametrize(
    "path",
    [
        f"/courses/{UUID(int=1)}/calendar.ics",
        group("999"),
        group("101", UUID(int=1)),
        group("x" * 65),
        group("\0"),
        group("\udcff".encode("utf-8", "surrogatepass").decode("latin-1")),
    ],
)
def test_what_is_not_there_is_not_found(client: Client, path: str) -> None:
    assert get(client, path).status_code == 404


def test_a_deleted_course_has_no_calendar(client: Client) -> None:
    delete_course(1)
    assert get(client, COURSE).status_code == 404
    assert get(client, group("101")).status_code == 404


def test_parameters_it_does_not_know_are_refused_by_name(client: Client) -> None:
    for path in (COURSE, group("101")):
        for query in ("colour=red", "exams=all"):
            answer = get(client, f"{path}?{query}")
            assert answer.status_code == 400
            assert answer.json()["errors"][0]["field"] == query.split("=")[0]


def test_it_answers_304_until_something_in_it_changes(client: Client) -> None:
    etag = get(client, COURSE)["ETag"]
    put_course(1, id="unrelated", entries=[])
    assert get(client, COURSE, **{"If-None-Match": etag}).status_code == 304
    put_course(2)
    assert get(client, COURSE, **{"If-None-Match": etag}).status_code == 200


def test_an_answer_at_hand_is_not_given_on_the_day_after(client: Client, time_machine: Any) -> None:
    assert b"STATUS:CANCELLED" in client.get(f"/api/v1{COURSE}").content
    time_machine.move_to("2026-12-06T00:00:00Z", tick=False)
    assert b"STATUS:CANCELLED" not in client.get(f"/api/v1{COURSE}").content


def test_with_and_without_the_timetable_are_two_answers(client: Client) -> None:
    assert get(client, COURSE).content != get(client, f"{COURSE}?exams=only").content


def test_a_miss_is_two_statements_and_a_hit_is_one(client: Client) -> None:
    for path in (COURSE, group("101")):
        for expected_number in (2, 1):
            with CaptureQueriesContext(connection) as queries:
                get(client, path)
            assert len(queries) == expected_number, queries.captured_queries
