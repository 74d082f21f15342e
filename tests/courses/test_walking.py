"""Lists walked page by page while the catalogue changes: what is there all the time is seen once, whatever comes and goes."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.test import Client

from apps.core.paging import Position
from tests.factories.documents import api_id, delete_course, entry, exam, put_course, put_term

pytestmark = pytest.mark.django_db(transaction=True)
LASTING = [f"c{number:02}" for number in range(0, 40, 2)]
_ALL_SEEN = [id.upper() for id in LASTING]


def put(id: str) -> None:
    """Ids, titles, rooms, hours and exams have the same order; half the courses have no year."""
    number = int(id[1:3])
    sitting = {
        "starts_at": f"2027-01-{number // 4 + 18}T{10 + number % 4}:00:00Z",
        "ends_at": f"2027-01-{number // 4 + 18}T{11 + number % 4}:00:00Z",
    }
    put_course(
        number,
        id=id,
        code=id.upper(),
        title=f"Course {id}",
        year=number if number % 4 else None,
        entries=[
            entry(starts_at=f"{8 + number // 4:02}:{number % 4 * 15:02}", ends_at="20:00", rooms=[id.upper()])
        ],
        exams=[exam(sittings=[{**sitting, "rooms": [id.upper()]}])],
    )


def walk(client: Client, url: str, between: Callable[[], object], link: str = "next") -> Iterator[Any]:
    while url:
        answer = client.get(url, headers={"Cache-Control": "no-cache"})
        assert answer.status_code == 200, answer.content
        yield from answer.json()["results"]
        url = answer.json()[link]
        between()


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("courses/?", "code"),
        ("courses/?ordering=title", "code"),
        ("courses/?ordering=-code", "code"),
        ("courses/?ordering=year", "code"),
        ("courses/?ordering=-year", "code"),
        ("courses/?search=course", "code"),
        ("exams/?", "code"),
        ("rooms/?", "name"),
        ("rooms/free/?at=2026-10-07T10:00:00Z", "name"),
        ("schedule/?from=2026-10-06&to=2026-10-06", "code"),
    ],
)
def test_everything_that_lasts_is_seen_once(client: Client, path: str, name: str) -> None:
    put_term()
    for id in LASTING:
        put(id)
    coming = [f"c{number:02}" for number in range(1, 40, 2)]
    put(gone := "c01")

    def change() -> None:
        """One goes, and one comes somewhere else."""
        nonlocal gone
        delete_course(100 + len(coming), gone)
        gone = coming.pop(len(coming) * 5 // 8)
        put(gone)

    seen = [item[name] for item in walk(client, f"/api/v1/{path}&page_size=3", change)]

    assert sorted(code for code in seen if code in _ALL_SEEN) == _ALL_SEEN
    assert len(seen) == len(set(seen))


def test_an_exam_that_ends_meanwhile_keeps_its_place(client: Client) -> None:
    put_term()
    for id in LASTING:
        put(id)
    with time_machine.travel(datetime(2027, 1, 18, 9, tzinfo=UTC), tick=False) as clock:
        seen = [
            item["code"] for item in walk(client, "/api/v1/exams/?page_size=4", lambda: clock.shift(3600))
        ]
    assert seen == _ALL_SEEN


@pytest.mark.parametrize("path", ["courses/?", "exams/?", "rooms/?", "courses/?search=course&"])
def test_the_way_back_is_the_way_there(client: Client, path: str) -> None:
    put_term()
    for id in LASTING[:8]:
        put(id)
    url, there = f"/api/v1/{path}page_size=3", []
    while url:
        there.append(client.get(url).json())
        url = there[-1]["next"]

    back, url = [], there[-1]["previous"]
    while url:
        back.append(client.get(url).json())
        url = back[-1]["previous"]

    assert [page["results"] for page in back] == [page["results"] for page in there[-2::-1]]
    assert {page["count"] for page in there + back} == {8}


def test_a_cursor_beyond_all_numbers_finds_nothing(client: Client) -> None:
    put_term()
    put("c00")
    cursor = str(Position(after=True, key=(2**62, str(api_id("c00")))))

    answer = client.get(f"/api/v1/courses/?ordering=year&cursor={cursor}")

    assert (answer.status_code, answer.json()["results"], answer.json()["count"]) == (200, [], 1)


def test_a_page_by_number_leads_on_by_position(client: Client) -> None:
    put_term()
    for id in LASTING[:8]:
        put(id)
    second = client.get("/api/v1/courses/?page=2&page_size=3").json()

    assert [course["code"] for course in second["results"]] == ["C06", "C08", "C10"]
    delete_course(100, "c00")
    third = client.get(second["next"]).json()
    assert [course["code"] for course in third["results"]] == ["C12", "C14"]
    assert third["next"] is None
