import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.notifications.models import Notification
from apps.notifications.outbox import expand_due
from apps.users.models import User
from tests.factories.courses import change, days_ahead, follow, make_course, make_entry, make_user, record

pytestmark = pytest.mark.django_db
INBOX = "/api/v1/me/notifications/"


@pytest.fixture
def alice() -> User:
    return make_user("alice")


@pytest.fixture
def client(alice: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(alice)
    return client


def tell(user: User, rooms: int = 1) -> Any:
    """So many notifications, each of a change of its own; the last entry."""
    course = make_course("Algorithms")
    follow(user, course)
    for number in range(rooms):
        entry = make_entry(course)
        record(change(entry, "rooms", [f"A{number}"], ["Raf20"], dates=days_ahead(5)))
        expand_due()
    return entry


def test_a_notification_says_old_and_new_and_why(client: APIClient, alice: User) -> None:
    entry = tell(alice)
    [found] = client.get(INBOX).json()["results"]
    notification = Notification.objects.get()
    assert found == {
        "id": str(notification.pk),
        "category": "schedule",
        "kind": "entry_room",
        "title": "Algorithms: new room",
        "body": "Tue 11:15: A0 → Raf20",
        "course": str(entry.course.pk),
        "deep_link": f"campanile://courses/{entry.course.pk}/entries/{entry.pk}?date={days_ahead(5)[0]}",
        "changes": [
            {
                "object": "entry",
                "id": str(entry.pk),
                "course": str(entry.course.pk),
                "field": "rooms",
                "old": ["A0"],
                "new": ["Raf20"],
                "dates": [days_ahead(5)[0].isoformat()],
            }
        ],
        "why": "It did not ring: no phone of yours was signed in.",
        "revision": notification.change_set_id,
        "created_at": found["created_at"],
        "read_at": None,
    }


def test_it_speaks_the_language_of_the_user(client: APIClient, alice: User) -> None:
    alice.language = "sr"
    tell(alice)
    [found] = client.get(INBOX).json()["results"]
    assert found["title"] == "Algorithms: nova učionica"
    assert found["why"].startswith("Nije stiglo")


def test_the_newest_come_first_page_by_page_without_a_count(client: APIClient, alice: User) -> None:
    tell(alice, rooms=5)
    first = client.get(INBOX, {"page_size": 3}).json()
    assert first.keys() == {"next", "previous", "results"}
    second = client.get(first["next"]).json()
    revisions = [each["revision"] for page in (first, second) for each in page["results"]]
    assert revisions == sorted(revisions, reverse=True)
    assert len(revisions) == 5


def test_a_page_costs_one_query_however_long(client: APIClient, alice: User) -> None:
    tell(alice, rooms=5)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get(INBOX)
    assert len(queries) == 1


@pytest.mark.parametrize(
    ("query", "field"),
    [("colour=red", "colour"), ("unread=maybe", "unread"), ("page_size=0", "page_size"), ("page=2", "page")],
)
def test_what_it_does_not_know_is_refused_by_name(client: APIClient, query: str, field: str) -> None:
    answer = client.get(f"{INBOX}?{query}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)


def test_reading_one_and_reading_all(client: APIClient, alice: User) -> None:
    tell(alice, rooms=3)
    tell(make_user("bob"))
    assert client.get(f"{INBOX}summary/").json() == {"unread": 3}
    some = client.get(INBOX).json()["results"][0]["id"]
    assert client.post(f"{INBOX}{some}/read/").status_code == 204
    assert client.post(f"{INBOX}{some}/read/").status_code == 204
    assert client.get(f"{INBOX}summary/").json() == {"unread": 2}
    assert [each["id"] for each in client.get(INBOX, {"unread": "false"}).json()["results"]] == [some]
    assert len(client.get(INBOX, {"unread": "true"}).json()["results"]) == 2
    assert client.post(f"{INBOX}read-all/").status_code == 204
    assert client.get(f"{INBOX}summary/").json() == {"unread": 0}
    assert Notification.objects.unread().count() == 1, "those of others stay unread"


def test_a_filter_that_is_no_truth_value_is_named(client: APIClient) -> None:
    answer = client.get(INBOX, {"unread": "maybe"})
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["unread"]


def test_a_notification_of_another_is_not_found(client: APIClient) -> None:
    tell(make_user("bob"))
    theirs = Notification.objects.get()
    assert client.get(INBOX).json()["results"] == []
    assert client.post(f"{INBOX}{theirs.pk}/read/").status_code == 404
    assert client.post(f"{INBOX}{uuid.uuid4()}/read/").status_code == 404
    assert Notification.objects.unread().count() == 1


def test_an_unchanged_inbox_is_not_sent_again(client: APIClient, alice: User) -> None:
    tell(alice)
    etag = client.get(INBOX).headers["ETag"]
    assert client.get(INBOX, headers={"If-None-Match": etag}).status_code == 304
    client.post(f"{INBOX}read-all/")
    assert client.get(INBOX, headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("get", ""), ("get", "summary/"), ("post", "read-all/"), ("post", f"{uuid.UUID(int=7)}/read/")],
)
def test_it_takes_a_token(method: str, path: str) -> None:
    assert getattr(APIClient(), method)(f"{INBOX}{path}").status_code == 401
