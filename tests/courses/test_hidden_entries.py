from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.courses.models.sourced import part_id
from tests.courses.calendars import events
from tests.courses.test_enrolments import follow, phone, weekdays
from tests.factories.documents import api_id, delete_course, entry, put_course, put_term

pytestmark = pytest.mark.django_db
LECTURE, LAB = (part_id(api_id(), "entry", id) for id in ("lecture", "lab"))


@pytest.fixture
def alice() -> APIClient:
    """Follows lectures on Tuesday and labs on Thursday."""
    put_term()
    put_course(entries=[entry(), entry(id="lab", kind="lab", weekday=4)])
    alice = phone("alice")
    follow(alice, course=api_id())
    return alice


def path(id: UUID) -> str:
    return f"/api/v1/me/hidden-entries/{id}/"


def hidden(client: APIClient) -> list[str]:
    return [each["entry"] for each in client.get("/api/v1/me/hidden-entries/").json()["results"]]


def test_a_hidden_entry_is_left_out_of_the_schedule_until_it_is_shown_again(alice: APIClient) -> None:
    assert alice.put(path(LECTURE)).status_code == 204
    assert weekdays(alice) == ["2026-10-08"]
    assert hidden(alice) == [str(LECTURE)]
    assert alice.delete(path(LECTURE)).status_code == 204
    assert weekdays(alice) == ["2026-10-06", "2026-10-08"]
    assert hidden(alice) == []


def test_hiding_and_showing_twice_is_the_same_as_once(alice: APIClient) -> None:
    assert [alice.put(path(LAB)).status_code for _ in range(2)] == [204, 204]
    assert hidden(alice) == [str(LAB)]
    assert [alice.delete(path(LAB)).status_code for _ in range(2)] == [204, 204]


def test_what_the_catalogue_does_not_have_cannot_be_hidden(alice: APIClient) -> None:
    assert alice.put(path(UUID(int=1))).status_code == 404
    assert alice.put(path(api_id())).status_code == 404
    assert hidden(alice) == []


def test_an_entry_stays_hidden_when_it_is_created_again(alice: APIClient) -> None:
    alice.put(path(LECTURE))
    put_course(1, entries=[])
    delete_course(2)
    assert alice.put(path(LECTURE)).status_code == 204
    assert hidden(alice) == [str(LECTURE)]
    put_course(3, entries=[entry(weekday=5)])
    assert weekdays(alice) == []
    alice.delete(path(LECTURE))
    assert weekdays(alice) == ["2026-10-09"]


def test_hiding_is_one_s_own_business(alice: APIClient) -> None:
    bob = phone("bob")
    follow(bob, course=api_id())
    alice.put(path(LECTURE))
    assert bob.delete(path(LECTURE)).status_code == 204
    assert (hidden(bob), weekdays(bob)) == ([], ["2026-10-06", "2026-10-08"])
    assert hidden(alice) == [str(LECTURE)]


def test_the_list_answers_304_and_names_what_it_does_not_know(alice: APIClient) -> None:
    alice.put(path(LECTURE))
    answer = alice.get("/api/v1/me/hidden-entries/")
    again = alice.get("/api/v1/me/hidden-entries/", headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304
    refused = alice.get("/api/v1/me/hidden-entries/?colour=red")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "colour")


def test_each_answer_takes_few_statements(alice: APIClient) -> None:
    for method, bound in (("put", 3), ("delete", 3), ("get", 2)):
        url = path(LECTURE) if method != "get" else "/api/v1/me/hidden-entries/"
        with CaptureQueriesContext(connection) as queries:
            getattr(alice, method)(url)
        assert len(queries) <= bound, queries.captured_queries


def test_a_token_is_needed() -> None:
    assert APIClient().get("/api/v1/me/hidden-entries/").status_code == 401
    assert [APIClient().put(path(LAB)).status_code, APIClient().delete(path(LAB)).status_code] == [401, 401]


def test_a_hidden_entry_is_left_out_of_the_personal_calendar_and_of_no_other(alice: APIClient) -> None:
    feed = alice.post("/api/v1/me/calendar-feed/").json()["url"]
    alice.put(path(LECTURE))
    for address, shown in ((feed, [LAB]), (f"/api/v1/courses/{api_id()}/calendar.ics", [LECTURE, LAB])):
        found = {event["UID"] for event in events(alice.get(address).content)}
        assert found == {f"{entry}@campanile" for entry in shown}
