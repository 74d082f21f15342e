"""A course's changes over HTTP, with real transactions, so that bytes are cached as they are for readers."""

import uuid
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.courses.models import ChangeSet, Entry
from apps.courses.staff_edits import set_override
from apps.users.models import User
from tests.factories.documents import api_id, delete_course, entry, exam, put_course, put_term

pytestmark = pytest.mark.django_db(transaction=True)
PATH = f"/api/v1/courses/{api_id()}/changes/"


@pytest.fixture
def algorithms() -> None:
    put_term()
    put_course(1, exams=[exam()])
    # Documents put by hand come from no delivery; those of the source do.
    ChangeSet.objects.update(delivery=uuid.uuid4())


def get(client: Client, path: str = PATH, **headers: str) -> Any:
    return client.get(path, headers={"Cache-Control": "no-cache", **headers})


def titles(answer: dict[str, Any]) -> list[str]:
    return [change["new"] for change in answer["results"]]


def retitle(*numbers: int) -> None:
    for number in numbers:
        put_course(number, title=f"Title {number}", exams=[exam()])


@pytest.mark.usefixtures("algorithms")
class TestChanges:
    def test_say_what_was_and_what_is_as_the_api_shows_it(self, client: Client) -> None:
        put_course(2, exams=[exam()], entries=[entry(starts_at="12:15", ends_at="14:00")])
        lecture = Entry.objects.get()
        ends, starts, came = get(client).json()["results"]
        assert (starts["field"], starts["old"], starts["new"]) == ("starts_at", "11:15", "12:15")
        assert (starts["kind"], starts["object"]) == ("entry", str(lecture.pk))
        assert (starts["dates"][0], len(starts["dates"])) == ("2026-09-29", 16)
        assert (starts["revision"], ends["revision"], came["revision"]) == (3, 3, 2)
        assert starts["recorded_at"] == ends["recorded_at"] > came["recorded_at"]

    def test_hold_the_course_itself_when_it_came(self, client: Client) -> None:
        [came] = get(client).json()["results"]
        assert (came["kind"], came["object"], came["field"]) == ("course", str(api_id()), "")
        assert came["old"] is None
        assert came["new"] == client.get(f"/api/v1/courses/{api_id()}/").json()

    def test_of_staff_do_not_tell_whose_they_are(self, client: Client) -> None:
        alice = User.objects.create_superuser("alice@example.org")
        with transaction.atomic():
            set_override(object_id=Entry.objects.get().pk, fields={"rooms": ["Raf04"]}, author=alice)
        answer = get(client)
        edit, came = answer.json()["results"]
        assert (edit["field"], edit["origin"], came["origin"]) == ("rooms", "staff", "source")
        assert "alice" not in answer.content.decode()
        assert str(alice.pk) not in answer.content.decode()
        alice.delete()
        assert get(client).json()["results"][0]["origin"] == "staff"

    def test_of_other_courses_are_theirs(self, client: Client) -> None:
        put_course(2, id="logic", title="Logic")
        assert len(get(client).json()["results"]) == 1

    def test_come_page_by_page_without_a_count(self, client: Client) -> None:
        retitle(2, 3, 4, 5)
        first = get(client, f"{PATH}?page_size=2").json()
        assert first.keys() == {"next", "previous", "results"}
        second = get(client, first["next"]).json()
        third = get(client, second["next"]).json()
        assert [titles(first), titles(second)] == [["Title 5", "Title 4"], ["Title 3", "Title 2"]]
        assert ([each["kind"] for each in third["results"]], third["next"]) == (["course"], None)
        assert (first["previous"], get(client, third["previous"]).json()["results"]) == (
            None,
            second["results"],
        )
        assert titles(get(client, second["previous"]).json()) == ["Title 5", "Title 4"]

    def test_are_each_seen_once_while_more_come(self, client: Client) -> None:
        retitle(2, 3, 4, 5)
        before = {change["id"] for change in get(client).json()["results"]}
        url, seen, minute = f"{PATH}?page_size=2", [], 6
        while url:
            answer = get(client, url).json()
            seen += [change["id"] for change in answer["results"]]
            url = answer["next"]
            retitle(minute)
            minute += 1
        assert sorted(seen) == sorted(before)

    def test_that_came_meanwhile_are_found_backwards_in_the_same_order(self, client: Client) -> None:
        retitle(2, 3)
        second = get(client, get(client, f"{PATH}?page_size=1").json()["next"]).json()
        retitle(4, 5, 6)
        url, seen = second["previous"], list[str]()
        while url:
            answer = get(client, url).json()
            seen = titles(answer) + seen
            url = answer["previous"]
        assert seen == ["Title 6", "Title 5", "Title 4", "Title 3"]

    @pytest.mark.parametrize(
        "query",
        [
            "cursor=x",
            "cursor=WzEsIngiXQ",
            "cursor=",
            "page_size=0",
            "page=2",
            "colour=red",
        ],
    )
    def test_refuse_what_they_do_not_know_and_name_it(self, client: Client, query: str) -> None:
        answer = get(client, f"{PATH}?{query}")
        assert answer.status_code == 400
        assert [error["field"] for error in answer.json()["errors"]] == [query.split("=")[0]]

    def test_of_a_deleted_course_are_404(self, client: Client) -> None:
        delete_course(2)
        assert get(client).status_code == 404
        retitle(3)
        assert [change["field"] for change in get(client).json()["results"]] == ["", "", ""]

    def test_answer_304_until_something_changes(self, client: Client) -> None:
        etag = get(client)["ETag"]
        assert get(client, **{"If-None-Match": etag}).status_code == 304
        retitle(2)
        assert get(client, **{"If-None-Match": etag}).status_code == 200

    def test_a_miss_is_two_statements_and_a_hit_is_one(self, client: Client) -> None:
        retitle(2, 3, 4)
        for expected in (2, 1):
            with CaptureQueriesContext(connection) as queries:
                get(client)
            assert len(queries) == expected, queries.captured_queries
