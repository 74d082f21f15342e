"""Exams over HTTP, with real transactions, so that bytes are cached as they are for readers."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.courses.enrolments import enrol
from apps.courses.models import Course
from apps.courses.models.sourced import term_id
from apps.users.models import User
from tests.factories.documents import SOURCE, api_id, delete_course, entry, exam, put_course, put_term

pytestmark = pytest.mark.django_db(transaction=True)
EARLY = datetime(2026, 12, 1, tzinfo=UTC)


def sitting(day: str, hours: str = "09:00-12:00", **fields: Any) -> dict[str, Any]:
    """In Belgrade's winter."""
    starts_at, ends_at = (f"{day}T{hour}:00+01:00" for hour in hours.split("-"))
    return {"starts_at": starts_at, "ends_at": ends_at, "rooms": ["Raf01"], **fields}


@pytest.fixture
def faculty(time_machine: Any) -> None:
    """Algorithms has groups 101 and 102, each with a sitting of its own; logic has no groups; biology has group 900."""
    time_machine.move_to(EARLY, tick=False)
    put_term()
    by_group = [sitting("2027-01-20", groups=["101"]), sitting("2027-01-22", groups=["102"])]
    put_course(
        1,
        entries=[entry(), entry(id="101", groups=["101"]), entry(id="102", groups=["102"])],
        exams=[exam(sittings=by_group, period="January"), exam(id="unscheduled", kind="oral", sittings=[])],
    )
    put_course(1, id="logic", code="LOG", exams=[exam(sittings=[sitting("2027-01-21")], period="Early")])
    nobodys = [exam(sittings=[sitting("2027-01-19", "22:30-23:30")])]
    put_course(1, id="biology", code="BIO", entries=[entry(groups=["900"])], exams=nobodys)


def get(client: Client, query: str = "", **headers: str) -> Any:
    return client.get(f"/api/v1/exams/?{query}", headers={"Cache-Control": "no-cache", **headers})


def found(client: Client, query: str = "") -> list[str]:
    answer = get(client, query)
    assert answer.status_code == 200, answer.content
    return [f"{item['code']} {item['external_id']}" for item in answer.json()["results"]]


@pytest.mark.usefixtures("faculty")
class TestExams:
    def test_are_one_item_each_by_their_first_sitting(self, client: Client) -> None:
        assert found(client) == ["BIO january", "ALG january", "LOG january", "ALG unscheduled"]

    def test_read_as_in_their_course_with_whose_they_are(self, client: Client) -> None:
        item = get(client, f"course={api_id()}").json()["results"][0]
        document = client.get(f"/api/v1/courses/{api_id()}/").json()
        assert item == {
            "course": str(api_id()),
            "code": "ALG",
            "title": "Algorithms",
            **document["exams"][0],
        }

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            (f"course={api_id('logic')}", ["LOG january"]),
            ("period=January", ["ALG january"]),
            ("from=2027-01-21", ["ALG january", "LOG january"]),
            ("to=2027-01-20", ["BIO january", "ALG january"]),
            ("from=2027-01-22&to=2027-01-22", ["ALG january"]),
            ("from=2027-01-23", []),
            ("group=101", ["ALG january", "LOG january"]),
            ("group=900", ["BIO january", "LOG january"]),
            ("group=555", ["LOG january"]),
            ("group=101&from=2027-01-22", []),
            ("page=2&page_size=3", ["ALG unscheduled"]),
        ],
    )
    def test_are_filtered(self, client: Client, query: str, expected: list[str]) -> None:
        assert found(client, query) == expected

    def test_days_are_those_of_the_terms_zone(self, client: Client) -> None:
        put_term(2, time_zone="Asia/Tokyo")
        assert found(client, "to=2027-01-19") == []
        assert found(client, "from=2027-01-20&to=2027-01-20") == ["BIO january", "ALG january"]

    def test_a_sitting_that_ends_at_midnight_is_not_of_the_next_day(self, client: Client) -> None:
        until_midnight = {**sitting("2027-01-25"), "ends_at": "2027-01-26T00:00:00+01:00"}
        put_course(2, id="logic", exams=[exam(sittings=[until_midnight])])
        assert found(client, "from=2027-01-26") == []
        assert found(client, "from=2027-01-25") == ["ALG january"]

    def test_of_a_group_are_found_by_the_days_of_its_own_sittings(self, client: Client) -> None:
        guests = [sitting("2027-01-25", groups=["101"]), sitting("2027-01-27")]
        put_course(
            2, id="biology", code="BIO", entries=[entry(groups=["900"])], exams=[exam(sittings=guests)]
        )
        assert found(client, "group=101&from=2027-01-25") == ["BIO january"]
        assert found(client, "group=101&from=2027-01-26") == []
        assert found(client, "group=900&from=2027-01-26") == ["BIO january"]

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("colour=red", "colour"),
            ("course=x", "course"),
            ("from=tomorrow", "from"),
            ("to=", "to"),
            ("from=2027-01-02&to=2027-01-01", "to"),
            ("page=0", "page"),
            ("group=%00", "group"),
        ],
    )
    def test_refuse_what_they_do_not_know_and_name_it(self, client: Client, query: str, field: str) -> None:
        answer = get(client, query)
        assert answer.status_code == 400
        assert [error["field"] for error in answer.json()["errors"]] == [field]

    def test_go_to_the_end_once_over_without_any_change(self, client: Client, time_machine: Any) -> None:
        path = "/api/v1/exams/"
        first = client.get(path)
        time_machine.move_to(datetime(2027, 1, 20, 11, 30, tzinfo=UTC), tick=False)
        order = [f"{item['code']} {item['external_id']}" for item in client.get(path).json()["results"]]
        assert order == ["LOG january", "ALG january", "BIO january", "ALG unscheduled"]
        assert client.get(path, headers={"If-None-Match": first["ETag"]}).status_code == 200

    def test_of_deleted_courses_are_not_listed(self, client: Client) -> None:
        delete_course(2)
        assert found(client) == ["BIO january", "LOG january"]

    def test_answer_304_until_something_changes(self, client: Client) -> None:
        etag = get(client)["ETag"]
        assert get(client, **{"If-None-Match": etag}).status_code == 304
        put_course(2, id="logic", exams=[])
        assert get(client, **{"If-None-Match": etag}).status_code == 200

    def test_a_miss_is_two_statements_and_a_hit_is_one(self, client: Client) -> None:
        for expected in (2, 1):
            with CaptureQueriesContext(connection) as queries:
                get(client, "group=101")
            assert len(queries) == expected, queries.captured_queries


@pytest.mark.usefixtures("faculty")
class TestMyExams:
    def mine(self, **rule: Any) -> list[str]:
        alice = User.objects.get_or_create(email="alice@example.org")[0]
        if rule:
            enrol(user_id=alice.pk, **rule)
        self.phone = APIClient()
        self.phone.force_authenticate(alice)
        answer = self.phone.get("/api/v1/me/exams/")
        assert answer.status_code == 200, answer.content
        return [f"{item['code']} {item['external_id']}" for item in answer.json()["results"]]

    def test_are_those_of_the_courses_followed(self) -> None:
        assert self.mine() == []
        assert self.mine(course_id=api_id("logic")) == ["LOG january"]
        assert self.mine(course_id=api_id()) == ["ALG january", "LOG january"]

    def test_of_a_group_are_those_with_a_sitting_of_it_or_of_everyone(self) -> None:
        assert self.mine(course_id=api_id("logic"), group="101") == ["LOG january"]
        assert self.mine(course_id=api_id("biology"), group="101") == ["BIO january", "LOG january"]
        assert self.mine(course_id=api_id(), group="555") == ["BIO january", "LOG january"]
        assert self.mine(course_id=api_id(), group="102") == ["BIO january", "LOG january", "ALG january"]

    def test_of_a_group_of_a_term_are_those_of_the_courses_that_have_it(self) -> None:
        term = term_id(SOURCE, "autumn")
        assert self.mine(term_id=term, group="900") == ["BIO january"]
        assert self.mine(term_id=term, group="101") == ["BIO january", "ALG january"]

    def test_stay_until_the_end_of_the_last_sitting(self, time_machine: Any) -> None:
        assert self.mine(course_id=api_id()) == ["ALG january"]
        time_machine.move_to(datetime(2027, 1, 22, 10, 59, 59, tzinfo=UTC), tick=False)
        assert self.mine() == ["ALG january"]
        time_machine.move_to(datetime(2027, 1, 22, 11, 0, tzinfo=UTC), tick=False)
        assert self.mine() == []

    def test_are_the_items_that_everyone_sees(self, client: Client) -> None:
        self.mine(course_id=api_id("logic"))
        everyones = get(client, f"course={api_id('logic')}").json()["results"]
        assert self.phone.get("/api/v1/me/exams/").json()["results"] == everyones

    def test_answer_304_refuse_filters_and_take_a_token(self) -> None:
        self.mine(course_id=api_id())
        answer = self.phone.get("/api/v1/me/exams/")
        assert "private" in answer["Cache-Control"]
        held = {"If-None-Match": answer["ETag"]}
        assert self.phone.get("/api/v1/me/exams/", headers=held).status_code == 304
        assert self.phone.get("/api/v1/me/exams/?course=x").json()["errors"][0]["field"] == "course"
        assert APIClient().get("/api/v1/me/exams/").status_code == 401

    def test_are_two_statements(self) -> None:
        self.mine(course_id=api_id(), group="101")
        with CaptureQueriesContext(connection) as queries:
            self.phone.get("/api/v1/me/exams/")
        assert len(queries) == 2, queries.captured_queries

    def test_of_deleted_courses_are_gone(self) -> None:
        assert self.mine(course_id=api_id()) == ["ALG january"]
        delete_course(2)
        assert not Course.objects.visible().filter(pk=api_id()).exists()
        assert self.mine() == []
