from typing import Any
from uuid import UUID

import pytest
from rest_framework.test import APIClient

from apps.courses import enrolments
from apps.courses.hidden_entries import hide
from apps.courses.models import Entry
from apps.courses.models.sourced import term_id
from apps.users.models import User
from tests.factories.documents import SOURCE, api_id, entry, put_course, put_term

pytestmark = pytest.mark.django_db
TERM = term_id(SOURCE, "autumn")
WEEK = "from=2026-10-05&to=2026-10-11"


def phone(name: str) -> APIClient:
    client = APIClient()
    client.force_authenticate(User.objects.create_user(f"{name}@example.org"))
    return client


@pytest.fixture
def alice() -> APIClient:
    put_term()
    put_course(
        entries=[
            entry(id="everyone"),
            entry(id="101", groups=["101"], weekday=3),
            entry(id="102", groups=["102"], weekday=4),
        ]
    )
    put_course(id="unrelated", entries=[entry(id="other", groups=["900"])])
    return phone("alice")


def follow(client: APIClient, **rule: Any) -> Any:
    return client.post("/api/v1/me/enrolments/", {name: str(value) for name, value in rule.items()})


def weekdays(client: APIClient) -> list[str]:
    answer = client.get(f"/api/v1/me/schedule/?{WEEK}")
    assert answer.status_code == 200, answer.content
    return [item["date"] for item in answer.json()["results"]]


def test_following_twice_is_one_enrolment(alice: APIClient) -> None:
    first, second = follow(alice, course=api_id()), follow(alice, course=api_id())
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert alice.get("/api/v1/me/enrolments/").json()["count"] == 1


def test_there_is_an_end_to_what_one_may_follow_but_not_to_asking_again(
    alice: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enrolments, "MAX_ENROLMENTS", 2)
    answers = [follow(alice, term=TERM, group=group) for group in ("101", "102", "103", "101")]
    assert [answer.status_code for answer in answers] == [201, 201, 409, 200]
    assert answers[2].json()["type"] == "urn:campanile:problem:too_many_enrolments"


def test_a_course_means_all_its_entries(alice: APIClient) -> None:
    follow(alice, course=api_id())
    assert weekdays(alice) == ["2026-10-06", "2026-10-07", "2026-10-08"]


def test_a_group_of_a_course_means_its_entries_and_those_for_everyone(alice: APIClient) -> None:
    follow(alice, course=api_id(), group="101")
    assert weekdays(alice) == ["2026-10-06", "2026-10-07"]


def test_a_group_of_a_term_means_the_courses_that_have_it(alice: APIClient) -> None:
    follow(alice, term=TERM, group="102")
    assert weekdays(alice) == ["2026-10-06", "2026-10-08"]


def test_a_rule_outlives_the_entries_it_speaks_of(alice: APIClient) -> None:
    follow(alice, course=api_id(), group="101")
    put_course(1, entries=[])
    assert weekdays(alice) == []
    put_course(2, entries=[entry(id="new", groups=["101"], weekday=5)])
    assert weekdays(alice) == ["2026-10-09"]


def test_unfollowing_ends_it_and_is_one_s_own_business(alice: APIClient) -> None:
    id = follow(alice, course=api_id()).json()["id"]
    assert phone("bob").delete(f"/api/v1/me/enrolments/{id}/").status_code == 404
    assert weekdays(alice) != []
    assert alice.delete(f"/api/v1/me/enrolments/{id}/").status_code == 204
    assert weekdays(alice) == []


def test_meetings_at_the_same_time_are_flagged_as_clashes(alice: APIClient) -> None:
    follow(alice, course=api_id(), group="101")
    follow(alice, course=api_id("unrelated"))
    first, second, later = alice.get(f"/api/v1/me/schedule/?{WEEK}").json()["results"]
    assert (first["clashes"], second["clashes"]) == ([second["entry"]], [first["entry"]])
    assert later["clashes"] == []


def test_the_name_of_a_group_is_no_number(alice: APIClient) -> None:
    answer = alice.post("/api/v1/me/enrolments/", {"course": str(api_id()), "group": 101})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "group"


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({}, "course"),
        ({"course": api_id(), "term": TERM, "group": "101"}, "course"),
        ({"term": TERM}, "group"),
        ({"course": UUID(int=1)}, "course"),
        ({"course": "x"}, "course"),
        ({"course": api_id(), "group": "x" * 65}, "group"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_by_name(
    alice: APIClient, rule: dict[str, Any], field: str
) -> None:
    answer = follow(alice, **rule)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == field


def test_a_token_is_needed() -> None:
    for path in ("enrolments/", f"schedule/?{WEEK}"):
        assert APIClient().get(f"/api/v1/me/{path}").status_code == 401


def test_meetings_of_two_zones_come_by_the_moment_and_clash_by_it(alice: APIClient) -> None:
    put_term(id="abroad", time_zone="Asia/Tokyo")
    put_course(id="distant", term="abroad", entries=[entry(id="distant", starts_at="18:00", ends_at="18:15")])
    follow(alice, course=api_id(), group="nobody")
    follow(alice, course=api_id("distant"))
    first, second = alice.get(f"/api/v1/me/schedule/?{WEEK}").json()["results"]
    assert (first["starts_at"], second["starts_at"]) == (
        "2026-10-06T18:00:00+09:00",
        "2026-10-06T11:15:00+02:00",
    )
    assert first["clashes"] == second["clashes"] == []


def test_what_several_rules_find_is_listed_once(alice: APIClient) -> None:
    follow(alice, course=api_id(), group="101")
    expected = weekdays(alice)
    assert len(expected) == 2
    follow(alice, term=TERM, group="101")
    assert weekdays(alice) == expected
    follow(alice, course=api_id())
    assert len(weekdays(alice)) == 3


RULES: list[dict[str, Any]] = [
    {},
    *({"course_id": api_id(), "group": group} for group in ("", "101", "nobody")),
    *({"course_id": api_id("unrelated"), "group": group} for group in ("", "101")),
    *({"term_id": TERM, "group": group} for group in ("101", "900", "nobody")),
    {"term_id": term_id(SOURCE, "abroad"), "group": "101"},
]


@pytest.mark.parametrize("first", RULES, ids=str)
def test_one_statement_finds_the_entries_that_the_rules_find_one_by_one(
    alice: APIClient, first: dict[str, Any]
) -> None:
    put_term(id="abroad")
    put_course(id="distant", term="abroad", entries=[entry(id="distant", groups=["101"])])
    put_course(id="empty", entries=[])
    bob, charlie = (User.objects.create_user(f"{name}@example.org") for name in ("bob", "charlie"))
    enrolments.enrol(user_id=charlie.pk, term_id=TERM, group="102")
    for second in ({}, {"course_id": api_id("empty")}, {"course_id": api_id(), "group": "102"}):
        for hidden in ("everyone", "101"):
            bob.enrolments.all().delete()
            bob.hidden_entries.all().delete()
            for rule in (first, second):
                if rule:
                    enrolments.enrol(user_id=bob.pk, **rule)
            hide(user_id=bob.pk, entry_id=Entry.objects.get(external_id=hidden).pk)
            rules = enrolments.rules_of(bob.pk)
            expected = enrolments.not_hidden(enrolments.entries_of(rules), bob.pk)
            found = enrolments.concerned_entries(bob.pk)
            assert {pk for each in found for pk in each.values_list("pk")} == set(expected.values_list("pk"))
