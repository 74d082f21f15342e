"""Meetings of one's own schedule that overlap, and the parallel groups that would not."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.courses.enrolments import enrol
from apps.courses.hidden_entries import hide
from apps.courses.models import Entry
from apps.courses.models.sourced import term_id
from apps.users.models import User
from tests.factories.documents import SOURCE, api_id, entry, put_course, put_term

pytestmark = pytest.mark.django_db
TERM = term_id(SOURCE, "autumn")
WEEK = "from=2026-10-05&to=2026-10-11"
TUESDAY, THURSDAY, FRIDAY = 2, 4, 5


def lab(group: str, weekday: int, starts_at: str = "11:15", ends_at: str = "13:00", **fields: Any) -> Any:
    hours = {"weekday": weekday, "starts_at": starts_at, "ends_at": ends_at}
    return entry(f"lab {group}", kind="lab", groups=group.split(", "), **hours, **fields)


ALGORITHMS = [
    entry("lecture", weekday=1, groups=["101", "102", "103", "104"]),
    lab("101", TUESDAY, "11:15", "13:00"),
    lab("102", THURSDAY, "11:15", "13:00", rooms=["Raf04", "Raf05"]),
    lab("103", TUESDAY, "12:00", "14:00"),
    lab("104", FRIDAY, "09:15", "11:00"),
]


@pytest.fixture
def alice() -> User:
    """In group 101 of Algorithms, whose lab meets while Logic does; she also has Physics, on Friday mornings."""
    put_term()
    put_course(entries=ALGORITHMS)
    put_course(id="logic", code="LOG", entries=[entry("logic", kind="lab", weekday=TUESDAY)])
    put_course(id="physics", code="PHY", entries=[entry("physics", weekday=FRIDAY, starts_at="10:15")])
    user = User.objects.create_user("alice@example.org")
    enrol(user_id=user.pk, course_id=api_id(), group="101")
    enrol(user_id=user.pk, course_id=api_id("logic"))
    enrol(user_id=user.pk, course_id=api_id("physics"))
    return user


def schedule(user: User, days: str = WEEK) -> dict[tuple[str, str], dict[str, Any]]:
    """By the entry's own id and the date."""
    phone = APIClient()
    phone.force_authenticate(user)
    answer = phone.get(f"/api/v1/me/schedule/?{days}")
    assert answer.status_code == 200, answer.content
    names = {str(id): name for id, name in Entry.objects.values_list("pk", "external_id")}
    items = answer.json()["results"]
    for item in items:
        item["clashes"] = [names[id] for id in item["clashes"]]
        for other in item["alternatives"]:
            other["entry"] = names[other["entry"]]
    return {(names[item["entry"]], item["date"]): item for item in items}


def offered(user: User, name: str = "lab 101", day: str = "2026-10-06", days: str = WEEK) -> list[Any]:
    """(entry, groups) of each alternative."""
    item = schedule(user, days)[name, day]
    return [(other["entry"], other["groups"]) for other in item["alternatives"]]


def test_a_clash_comes_with_the_parallel_group_that_fits(alice: User) -> None:
    found = schedule(alice)
    clashing, other = found["lab 101", "2026-10-06"], found["logic", "2026-10-06"]
    assert (clashing["clashes"], other["clashes"]) == (["logic"], ["lab 101"])
    assert clashing["alternatives"] == [
        {
            "entry": "lab 102",
            "kind": "lab",
            "groups": ["102"],
            "date": "2026-10-08",
            "starts_at": "2026-10-08T11:15:00+02:00",
            "ends_at": "2026-10-08T13:00:00+02:00",
            "rooms": ["Raf04", "Raf05"],
            "teachers": ["Jelena Jeremić"],
        }
    ]


def test_what_does_not_clash_and_what_everybody_attends_has_no_alternatives(alice: User) -> None:
    found = schedule(alice)
    assert found["lecture", "2026-10-05"]["clashes"] == []
    assert found["lecture", "2026-10-05"]["alternatives"] == []
    assert found["logic", "2026-10-06"]["alternatives"] == []


def test_joining_the_group_that_is_offered_ends_the_clash(alice: User) -> None:
    [(_, [group])] = offered(alice)
    alice.enrolments.filter(group="101").delete()
    enrol(user_id=alice.pk, course_id=api_id(), group=group)
    assert all(item["clashes"] == [] for item in schedule(alice).values())


def test_a_group_fits_only_with_all_that_it_has_in_the_week(alice: User) -> None:
    put_course(1, entries=[*ALGORITHMS, entry("extra", kind="seminar", groups=["102"], weekday=FRIDAY)])
    assert offered(alice) == []
    put_course(2, entries=[*ALGORITHMS, entry("extra", kind="seminar", groups=["102"], weekday=3)])
    assert offered(alice) == [("lab 102", ["102"])]


def test_what_everybody_in_the_course_attends_stands_in_the_way(alice: User) -> None:
    put_course(1, entries=[*ALGORITHMS, entry("everyone", weekday=THURSDAY, starts_at="12:00")])
    assert offered(alice) == []


def test_another_kind_and_the_own_group_a_second_time_are_no_alternative(alice: User) -> None:
    put_course(
        1,
        entries=[
            lab("101", TUESDAY),
            entry("seminar", kind="seminar", groups=["105"], weekday=3),
            lab("101, 106", THURSDAY),
        ],
    )
    assert offered(alice) == []


def test_an_entry_of_several_groups_names_those_that_fit(alice: User) -> None:
    busy = entry("busy", kind="seminar", groups=["103"], weekday=TUESDAY)
    put_course(1, entries=[lab("101", TUESDAY), lab("102, 103", THURSDAY), busy])
    assert offered(alice) == [("lab 102, 103", ["102"])]


def test_the_week_in_question_counts_with_its_exceptions(alice: User) -> None:
    away = {"date": "2026-10-08", "status": "moved", "new_date": "2026-10-06"}
    off = {"date": "2026-10-15", "status": "cancelled"}
    put_course(1, entries=[lab("101", TUESDAY), lab("102", THURSDAY, exceptions=[away, off])])
    month = "from=2026-10-05&to=2026-11-01"
    assert offered(alice, day="2026-10-06", days=month) == []
    assert offered(alice, day="2026-10-13", days=month) == []
    assert offered(alice, day="2026-10-20", days=month) == [("lab 102", ["102"])]


def test_a_day_alone_is_seen_with_its_whole_week(alice: User) -> None:
    tuesday = "from=2026-10-06&to=2026-10-06"
    assert offered(alice, days=tuesday) == [("lab 102", ["102"])]
    put_course(1, id="physics", code="PHY", entries=[entry("physics", weekday=THURSDAY)])
    assert offered(alice, days=tuesday) == [("lab 104", ["104"])]


def test_a_meeting_moved_out_of_the_range_clashes_where_it_is_held(alice: User) -> None:
    moved = {"date": "2026-10-06", "status": "moved", "new_date": "2026-10-23", "starts_at": "10:15"}
    put_course(1, id="logic", code="LOG", entries=[entry("logic", exceptions=[moved])])
    assert schedule(alice)["logic", "2026-10-23"]["clashes"] == ["physics"]


def test_who_follows_every_group_is_shown_the_one_to_settle_on(alice: User) -> None:
    alice.enrolments.filter(group="101").delete()
    enrol(user_id=alice.pk, course_id=api_id())
    assert schedule(alice)["lab 101", "2026-10-06"]["clashes"] == ["logic", "lab 103"]
    assert offered(alice) == [("lab 102", ["102"])]


def test_what_is_hidden_stands_in_no_way_and_may_be_offered(alice: User) -> None:
    hide(user_id=alice.pk, entry_id=Entry.objects.get(external_id="physics").pk)
    hide(user_id=alice.pk, entry_id=Entry.objects.get(external_id="lab 102").pk)
    assert offered(alice) == [("lab 102", ["102"]), ("lab 104", ["104"])]


def test_a_meeting_of_two_clashes_names_each_entry_once(alice: User) -> None:
    added = [{"date": "2026-10-06", "status": "added", "starts_at": time} for time in ("11:30", "12:00")]
    put_course(1, id="logic", code="LOG", entries=[entry("logic", weekday=3, exceptions=added)])
    assert schedule(alice)["lab 101", "2026-10-06"]["clashes"] == ["logic"]


def test_pages_show_what_the_whole_shows(alice: User) -> None:
    phone = APIClient()
    phone.force_authenticate(alice)
    whole = phone.get(f"/api/v1/me/schedule/?{WEEK}").json()["results"]
    page = phone.get(f"/api/v1/me/schedule/?{WEEK}&page_size=1").json()
    found = page["results"]
    while page["next"]:
        page = phone.get(page["next"]).json()
        found += page["results"]
    assert found == whole
    assert any(item["alternatives"] for item in found)


def test_clashes_cost_one_statement_more_however_many_there_are(alice: User) -> None:
    phone = APIClient()
    phone.force_authenticate(alice)
    counts = []
    for number in range(3):
        with CaptureQueriesContext(connection) as queries:
            phone.get(f"/api/v1/me/schedule/?{WEEK}")
        counts.append(len(queries))
        put_course(number + 1, id=f"more {number}", entries=[lab("201", TUESDAY), lab("202", THURSDAY)])
        enrol(user_id=alice.pk, course_id=api_id(f"more {number}"), group="201")
    assert counts == [2, 2, 2]
