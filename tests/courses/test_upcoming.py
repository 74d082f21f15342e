from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.courses.enrolments import enrol
from apps.users.models import User
from tests.factories.documents import api_id, delete_course, entry, exam, put_course, put_term

pytestmark = pytest.mark.django_db
PATH = "/api/v1/me/next/"
PASSWORD = "a long enough sentence"


@pytest.fixture
def now(time_machine: Any) -> Any:
    """Moves the clock to a moment of Belgrade's summer: the lecture is on Tuesday 6 October from 11:15 to 13:00."""

    def move(moment: str) -> None:
        time_machine.move_to(datetime.fromisoformat(f"{moment}+02:00"), tick=False)

    move("2026-10-05T08:00")
    return move


@pytest.fixture
def alice(now: Any) -> User:
    put_term()
    put_course(entries=[entry(), entry(id="102", groups=["102"], weekday=1, starts_at="09:00")])
    alice = User.objects.create_user("alice@example.org", PASSWORD)
    enrol(user_id=alice.pk, course_id=api_id(), group="101")
    return alice


@pytest.fixture
def widget(alice: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(alice)
    return client


def upcoming(widget: APIClient) -> tuple[str | None, str | None]:
    """(the start of the next meeting, the id of the next exam by its source)."""
    answer = widget.get(PATH)
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert body.keys() == {"occurrence", "exam"}
    meeting, exam = body["occurrence"], body["exam"]
    return meeting and meeting["starts_at"], exam and exam["external_id"]


def test_the_next_meeting_is_that_of_the_schedule(widget: APIClient) -> None:
    [item] = widget.get("/api/v1/me/schedule/?from=2026-10-06&to=2026-10-06").json()["results"]
    assert (item.pop("clashes"), item.pop("alternatives")) == ([], [])
    assert widget.get(PATH).json() == {"occurrence": item, "exam": None}


def test_a_meeting_stays_until_its_end(widget: APIClient, now: Any) -> None:
    now("2026-10-06T12:59:59")
    assert upcoming(widget)[0] == "2026-10-06T11:15:00+02:00"
    now("2026-10-06T13:00:00")
    assert upcoming(widget)[0] == "2026-10-13T11:15:00+02:00"


def test_a_cancelled_meeting_is_passed_over_and_a_moved_one_is_where_it_was_moved_to(
    widget: APIClient,
) -> None:
    cancelled = {"date": "2026-10-06", "status": "cancelled"}
    put_course(1, entries=[entry(exceptions=[cancelled])])
    assert upcoming(widget)[0] == "2026-10-13T11:15:00+02:00"
    moved = {"date": "2026-12-01", "status": "moved", "new_date": "2026-10-07", "starts_at": "08:15"}
    put_course(2, entries=[entry(exceptions=[cancelled, moved])])
    assert upcoming(widget)[0] == "2026-10-07T08:15:00+02:00"


def test_a_meeting_more_than_two_weeks_ahead_is_not_next(widget: APIClient, now: Any) -> None:
    now("2026-09-15T11:14:59")
    assert upcoming(widget)[0] is None
    now("2026-09-15T11:15:00")
    assert upcoming(widget)[0] == "2026-09-29T11:15:00+02:00"


def test_of_two_zones_the_earlier_moment_comes_first(widget: APIClient, alice: User) -> None:
    put_term(1, id="elsewhere", time_zone="America/Lima")
    put_course(1, id="lima", term="elsewhere", entries=[entry(starts_at="06:00", ends_at="07:00")])
    enrol(user_id=alice.pk, course_id=api_id("lima"))
    assert upcoming(widget)[0] == "2026-10-06T11:15:00+02:00"


@pytest.mark.parametrize(
    ("zone", "moment", "expected"),
    [
        # Monday in Belgrade, still Sunday evening in Lima, where the meeting is running.
        ("America/Lima", "2026-10-05T04:00", "2026-10-04T20:30:00-05:00"),
        # The end of the two weeks is a Saturday in Belgrade, and Sunday already on Kiritimati.
        ("Pacific/Kiritimati", "2026-09-19T13:00", "2026-10-04T00:30:00+14:00"),
    ],
)
def test_days_are_those_of_the_terms_zone(
    widget: APIClient, alice: User, now: Any, zone: str, moment: str, expected: str
) -> None:
    now(moment)
    put_course(1, entries=[])
    put_term(1, id="elsewhere", time_zone=zone)
    sundays = [entry(weekday=7, starts_at=expected[11:16], ends_at="23:00")]
    put_course(1, id="far", term="elsewhere", entries=sundays)
    enrol(user_id=alice.pk, course_id=api_id("far"))
    found = upcoming(widget)[0]
    assert found == expected


def test_the_next_exam_is_the_one_with_the_next_sitting_of_the_user(widget: APIClient, now: Any) -> None:
    def sitting(day: str, *groups: str) -> dict[str, Any]:
        hours = {"starts_at": f"{day}T09:00:00+01:00", "ends_at": f"{day}T12:00:00+01:00"}
        return {**hours, "groups": list(groups)}

    by_group = exam(sittings=[sitting("2027-01-18", "102"), sitting("2027-01-25", "101")])
    everyones = exam(id="oral", kind="oral", sittings=[sitting("2027-01-20")])
    put_course(1, exams=[by_group, everyones])
    assert upcoming(widget)[1] == "oral"
    assert widget.get(PATH).json()["exam"] == widget.get("/api/v1/me/exams/").json()["results"][0]
    now("2027-01-20T13:00")
    assert upcoming(widget)[1] == "january"
    now("2027-01-25T13:00")
    assert upcoming(widget)[1] is None


def test_nothing_comes_of_what_is_not_followed_or_not_there(widget: APIClient) -> None:
    delete_course(1)
    assert upcoming(widget) == (None, None)
    charlie = APIClient()
    charlie.force_authenticate(User.objects.create_user("charlie@example.org"))
    assert upcoming(charlie) == (None, None)


def test_it_answers_304_until_something_else_is_next(widget: APIClient, now: Any) -> None:
    answer = widget.get(PATH)
    assert "private" in answer["Cache-Control"]
    held = {"If-None-Match": answer["ETag"]}
    assert widget.get(PATH, headers=held).status_code == 304
    now("2026-10-06T13:00:00")
    assert widget.get(PATH, headers=held).status_code == 200


def test_it_takes_a_token_and_no_parameters(widget: APIClient) -> None:
    assert APIClient().get(PATH).status_code == 401
    answer = widget.get(f"{PATH}?days=3")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "days")


def test_it_costs_four_statements_with_the_one_that_knows_the_user(alice: User) -> None:
    phone = APIClient()
    body = {"email": alice.email, "password": PASSWORD}
    access = phone.post("/api/v1/auth/token/", body).json()["access"]
    with CaptureQueriesContext(connection) as queries:
        answer = phone.get(PATH, headers={"Authorization": f"Bearer {access}"})
    assert answer.status_code == 200
    assert len(queries) == 4, queries.captured_queries
