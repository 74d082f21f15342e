import json
import uuid
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.courses.models import Course
from apps.notifications.models import Preferences
from apps.users.models import User
from tests.factories.courses import make_course, make_user

pytestmark = pytest.mark.django_db
URL = "/api/v1/me/notification-preferences/"
ON = {"push": True, "inbox": True, "email": False}


@pytest.fixture
def alice() -> User:
    return make_user("alice")


@pytest.fixture
def client(alice: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(alice)
    return client


def test_who_has_chosen_nothing_hears_of_everything(client: APIClient) -> None:
    answer = client.get(URL)
    assert answer.json()["categories"] == {
        "schedule": ON,
        "exams": ON,
        "courses": ON,
        "announcements": ON,
        "reminders": {"push": True},
    }
    assert answer.json()["muted_courses"] == []
    off = ["quiet_hours", "daily_summary_hour", "reminder_minutes", "tomorrow_summary_hour"]
    assert [answer.json()[name] for name in off] == [None] * 4
    assert answer["Cache-Control"] == "private, no-cache"
    assert not Preferences.objects.exists(), "reading writes nothing"


def test_what_is_left_out_stays_as_it_is(client: APIClient) -> None:
    client.patch(URL, {"categories": {"exams": {"push": False}}})
    client.patch(URL, {"categories": {"exams": {"inbox": False}, "courses": {"push": False}}})
    answer = client.patch(URL, {"categories": {"exams": {"push": True}}})
    assert answer.status_code == 200
    assert answer.json() == client.get(URL).json()
    assert answer.json()["categories"] == {
        "schedule": ON,
        "exams": {"push": True, "inbox": False, "email": False},
        "courses": {"push": False, "inbox": True, "email": False},
        "announcements": ON,
        "reminders": {"push": True},
    }


def test_one_users_choice_is_not_anothers(client: APIClient) -> None:
    client.patch(URL, {"categories": {"exams": {"push": False}}})
    other = APIClient()
    other.force_authenticate(make_user("bob"))
    assert other.get(URL).json()["categories"]["exams"] == ON


def test_a_list_of_muted_courses_replaces_the_one_before(client: APIClient) -> None:
    first, second = str(make_course().pk), str(make_course().pk)
    client.patch(URL, {"muted_courses": [first, second, first]})
    assert client.get(URL).json()["muted_courses"] == [first, second]
    client.patch(URL, {})
    assert client.get(URL).json()["muted_courses"] == [first, second]
    client.patch(URL, {"muted_courses": [second]})
    assert client.get(URL).json()["muted_courses"] == [second]


def test_quiet_hours_are_set_changed_in_part_and_taken_back(client: APIClient) -> None:
    hours = {"from": "22:00", "to": "07:30"}
    assert client.patch(URL, {"quiet_hours": hours}).json()["quiet_hours"] == hours
    assert client.patch(URL, {"quiet_hours": {"to": "06:00"}}).json()["quiet_hours"]["from"] == "22:00"
    assert client.get(URL).json()["quiet_hours"] == {"from": "22:00", "to": "06:00"}
    assert client.patch(URL, {"muted_courses": []}).json()["quiet_hours"] == {"from": "22:00", "to": "06:00"}
    assert client.patch(URL, {"quiet_hours": None}).json()["quiet_hours"] is None


def test_a_daily_summary_is_set_and_taken_back(client: APIClient) -> None:
    body = {"daily_summary_hour": 7, "quiet_hours": {"from": "22:00", "to": "07:00"}}
    answer = client.patch(URL, body)
    assert answer.json().items() >= body.items()
    later = client.patch(URL, {"quiet_hours": {"to": "08:00"}})
    assert [error["field"] for error in later.json()["errors"]] == ["daily_summary_hour"]
    assert client.patch(URL, {"daily_summary_hour": None}).json()["daily_summary_hour"] is None


def test_reminders_and_the_eve_of_a_day_are_set_and_taken_back(client: APIClient) -> None:
    body = {"reminder_minutes": 5, "tomorrow_summary_hour": 20}
    assert client.patch(URL, body).json().items() >= body.items()
    answer = client.patch(URL, {"categories": {"reminders": {"push": False}}}).json()
    assert answer["categories"]["reminders"] == {"push": False}
    assert answer.items() >= body.items()
    later = client.patch(URL, {"quiet_hours": {"from": "19:00", "to": "07:00"}})
    assert [error["field"] for error in later.json()["errors"]] == ["tomorrow_summary_hour"]
    none = {"reminder_minutes": None, "tomorrow_summary_hour": None}
    assert client.patch(URL, none).json().items() >= none.items()


def test_a_course_may_leave_the_catalogue_and_stay_muted(client: APIClient) -> None:
    course, other = str(make_course().pk), str(make_course().pk)
    client.patch(URL, {"muted_courses": [course]})
    Course.objects.filter(pk=course).update(visible=False)
    answer = client.patch(URL, {"muted_courses": [course, other]})
    assert answer.json()["muted_courses"] == [course, other]


def test_an_unknown_course_is_named_by_its_place_and_nothing_is_changed(client: APIClient) -> None:
    body = {"categories": {"exams": ON | {"push": False}}}
    body |= {"muted_courses": [str(make_course().pk), str(uuid.uuid4())]}  # type: ignore[dict-item]  # a body of two shapes
    answer = client.patch(URL, body)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["muted_courses.1"]
    assert client.get(URL).json()["categories"]["exams"] == ON


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"categories": {"weather": {"push": True}}}, "categories.weather"),
        ({"categories": {"exams": {"sms": True}}}, "categories.exams.sms"),
        ({"categories": {"exams": {"push": "yes"}}}, "categories.exams.push"),
        ({"categories": {"exams": {"push": 1}}}, "categories.exams.push"),
        ({"categories": {"exams": {"push": None}}}, "categories.exams.push"),
        ({"categories": {"exams": True}}, "categories.exams"),
        ({"categories": None}, "categories"),
        ({"categories": []}, "categories"),
        ({"quiet_hours": {"from": "22:00"}}, "quiet_hours.to"),
        ({"quiet_hours": {}}, "quiet_hours.from"),
        ({"quiet_hours": {"from": "22:00", "to": "22:00"}}, "quiet_hours.to"),
        ({"quiet_hours": {"from": "24:00", "to": "07:00"}}, "quiet_hours.from"),
        ({"quiet_hours": {"from": "22:00:01", "to": "07:00"}}, "quiet_hours.from"),
        ({"quiet_hours": {"from": "٢٢:00", "to": "07:00"}}, "quiet_hours.from"),
        ({"quiet_hours": {"from": "22:00", "to": 7}}, "quiet_hours.to"),
        ({"quiet_hours": {"from": "22:00", "to": None}}, "quiet_hours.to"),
        ({"quiet_hours": {"from": "22:00", "to": "07:00", "until": "8"}}, "quiet_hours.until"),
        ({"quiet_hours": "22:00-07:00"}, "quiet_hours"),
        ({"daily_summary_hour": 24}, "daily_summary_hour"),
        ({"daily_summary_hour": -1}, "daily_summary_hour"),
        ({"daily_summary_hour": "18"}, "daily_summary_hour"),
        ({"daily_summary_hour": 18.0}, "daily_summary_hour"),
        ({"daily_summary_hour": True}, "daily_summary_hour"),
        ({"daily_summary_hour": 23, "quiet_hours": {"from": "22:00", "to": "07:00"}}, "daily_summary_hour"),
        ({"daily_summary_hour": 6, "quiet_hours": {"from": "22:00", "to": "07:00"}}, "daily_summary_hour"),
        ({"daily_summary_hour": 13, "quiet_hours": {"from": "12:00", "to": "14:00"}}, "daily_summary_hour"),
        ({"categories": {"reminders": {"inbox": False}}}, "categories.reminders.inbox"),
        ({"reminder_minutes": 4}, "reminder_minutes"),
        ({"reminder_minutes": 121}, "reminder_minutes"),
        ({"reminder_minutes": "15"}, "reminder_minutes"),
        ({"reminder_minutes": 15.0}, "reminder_minutes"),
        ({"reminder_minutes": True}, "reminder_minutes"),
        ({"tomorrow_summary_hour": 24}, "tomorrow_summary_hour"),
        ({"tomorrow_summary_hour": "20"}, "tomorrow_summary_hour"),
        (
            {"tomorrow_summary_hour": 23, "quiet_hours": {"from": "22:00", "to": "07:00"}},
            "tomorrow_summary_hour",
        ),
        ({"muted_courses": None}, "muted_courses"),
        ({"muted_courses": "x"}, "muted_courses"),
        ({"muted_courses": ["x"]}, "muted_courses.0"),
        ({"muted_courses": [None]}, "muted_courses.0"),
        ({"muted_courses": ["\ud800"]}, "muted_courses.0"),
        ({"muted_courses": [str(uuid.UUID(int=n)) for n in range(501)]}, "muted_courses"),
    ],
)
def test_what_cannot_be_chosen_is_refused_by_name(client: APIClient, body: Any, field: str) -> None:
    answer = client.generic("PATCH", URL, json.dumps(body), content_type="application/json")
    assert (answer.status_code, answer.json()["errors"][0].get("field")) == (400, field)
    assert not Preferences.objects.exists()


@pytest.mark.parametrize("body", [[], "on", 1, None])
def test_a_body_is_an_object(client: APIClient, body: Any) -> None:
    answer = client.generic("PATCH", URL, json.dumps(body), content_type="application/json")
    assert answer.status_code == 400


def test_a_change_of_what_has_changed_since_is_refused(client: APIClient) -> None:
    seen = client.get(URL).headers["ETag"]
    mine = client.patch(URL, {"reminder_minutes": 10}, headers={"If-Match": seen})
    assert (mine.status_code, mine.headers["ETag"]) == (200, client.get(URL).headers["ETag"])
    stale = client.patch(URL, {"reminder_minutes": 20}, headers={"If-Match": seen})
    assert (stale.status_code, stale.headers["Content-Type"]) == (412, "application/problem+json")
    assert client.get(URL).json()["reminder_minutes"] == 10
    for held in (f'"other", {mine.headers["ETag"]}', "*"):
        assert client.patch(URL, {"reminder_minutes": 10}, headers={"If-Match": held}).status_code == 200


def test_unchanged_preferences_are_not_sent_again(client: APIClient) -> None:
    etag = client.get(URL).headers["ETag"]
    assert client.get(URL, headers={"If-None-Match": etag}).status_code == 304
    client.patch(URL, {"categories": {"exams": {"push": False}}})
    assert client.get(URL, headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.parametrize("method", ["get", "patch"])
def test_it_takes_a_token(method: str) -> None:
    assert getattr(APIClient(), method)(URL).status_code == 401
