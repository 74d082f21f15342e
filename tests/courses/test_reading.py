"""The catalogue over HTTP, with real transactions, so that bytes are cached as they are for readers."""

from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.courses.models import ChangeSet, Revision
from tests.factories.documents import (
    api_id,
    course,
    delete_course,
    entry,
    exam,
    put_course,
    put_snapshot,
    put_term,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def catalogue() -> None:
    put_term()
    put_course(
        1,
        exams=[exam()],
        entries=[entry(), entry(id="lab", kind="lab", weekday=5, rooms=["Raf04"], groups=["101"])],
    )
    put_course(1, id="logic", code="LOG", title="Логика и čet", teachers=["Đorđe Šćepanović"], entries=[])


def get(client: Client, path: str, **headers: str) -> Any:
    return client.get(f"/api/v1{path}", headers={"Cache-Control": "no-cache", **headers})


def codes(client: Client, query: str) -> list[str]:
    answer = get(client, f"/courses/?{query}")
    assert answer.status_code == 200, answer.content
    return [each["code"] for each in answer.json()["results"]]


@pytest.mark.usefixtures("catalogue")
class TestCourses:
    def test_are_listed_with_entries_and_exams(self, client: Client) -> None:
        answer = get(client, "/courses/")
        body = answer.json()
        assert (body["count"], body["next"], body["previous"]) == (2, None, None)
        first = body["results"][0]
        assert (first["external_id"], len(first["entries"]), len(first["exams"])) == ("algorithms", 2, 1)
        assert answer["Campanile-Revision"] == "3"
        assert answer["Cache-Control"] == "public, no-cache"

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("external_id=logic", ["LOG"]),
            ("group=101", ["ALG"]),
            ("group=999", []),
            ("search=ЧЕТ", ["LOG"]),
            ("search=logika", ["LOG"]),
            ("search=algo", ["ALG"]),
            ("search=scepanovic+log", ["LOG"]),
            ("teacher=Jelena+Jeremić", ["ALG"]),
            ("ordering=-code", ["LOG", "ALG"]),
            ("page=2&page_size=1", ["LOG"]),
        ],
    )
    def test_are_filtered(self, client: Client, query: str, found: list[str]) -> None:
        assert codes(client, query) == found

    @pytest.mark.parametrize(
        "query",
        [
            "colour=red",
            "term=autumn",
            "year=x",
            "year=1.5",
            "year=2147483648",
            "year=-2147483649",
            "ordering=price",
            "page=0",
            "page_size=x",
        ],
    )
    def test_refuse_what_they_do_not_know_and_name_it(self, client: Client, query: str) -> None:
        answer = get(client, f"/courses/?{query}")
        assert answer.status_code == 400
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["errors"][0]["field"] == query.split("=")[0]

    def test_pages_are_linked(self, client: Client) -> None:
        first = get(client, "/courses/?page_size=1").json()
        second = client.get(first["next"]).json()
        assert (second["next"], client.get(second["previous"]).json()) == (None, first)
        assert get(client, "/courses/?page=3&page_size=1").status_code == 404

    def test_answer_304_until_something_changes(self, client: Client) -> None:
        path = f"/courses/{api_id()}/"
        etag = get(client, path)["ETag"]
        assert get(client, path, **{"If-None-Match": etag}).status_code == 304
        put_course(2, title="Algorithms and data")
        changed = get(client, path, **{"If-None-Match": etag})
        assert (changed.status_code, changed.json()["title"]) == (200, "Algorithms and data")

    def test_deleted_ones_are_404(self, client: Client) -> None:
        delete_course(2)
        assert get(client, f"/courses/{api_id()}/").status_code == 404
        assert codes(client, "") == ["LOG"]

    def test_a_miss_is_two_statements_and_a_hit_is_one(self, client: Client) -> None:
        for expected in (2, 1):
            with CaptureQueriesContext(connection) as queries:
                get(client, "/courses/")
            assert len(queries) == expected, queries.captured_queries


@pytest.mark.usefixtures("catalogue")
class TestSchedule:
    WEEK = "from=2026-10-05&to=2026-10-11"

    def items(self, client: Client, query: str) -> list[dict[str, Any]]:
        answer = get(client, f"/schedule/?{query}")
        assert answer.status_code == 200, answer.content
        found: list[dict[str, Any]] = answer.json()["results"]
        return found

    def test_lists_occurrences_with_the_offset_of_their_day(self, client: Client) -> None:
        lecture, lab = self.items(client, self.WEEK)
        assert (lecture["date"], lecture["starts_at"]) == ("2026-10-06", "2026-10-06T11:15:00+02:00")
        assert (lecture["status"], lecture["original"], lab["rooms"]) == ("scheduled", None, ["Raf04"])
        winter = self.items(client, "from=2026-11-02&to=2026-11-03")
        assert winter[0]["starts_at"] == "2026-11-03T11:15:00+01:00"

    def test_a_move_is_one_item_seen_from_either_date(self, client: Client) -> None:
        moved = {
            "date": "2026-10-06",
            "status": "moved",
            "new_date": "2026-10-14",
            "rooms": ["Raf09"],
            "note": "Guest",
        }
        put_course(2, entries=[entry(exceptions=[moved])])
        for day in ("2026-10-06", "2026-10-14"):
            [item] = self.items(client, f"from={day}&to={day}")
            assert (item["date"], item["rooms"], item["original"]["date"]) == (
                "2026-10-14",
                ["Raf09"],
                "2026-10-06",
            )
        for room in ("Raf20", "Raf09"):
            assert len(self.items(client, f"from=2026-10-14&to=2026-10-14&room={room}")) == 1
        assert self.items(client, "from=2026-10-14&to=2026-10-14&room=Raf04") == []

    @pytest.mark.parametrize(
        ("query", "count"),
        [("group=101", 2), ("group=102", 0), ("room=Raf04", 1), ("teacher=Jelena Jeremić", 2)],
    )
    def test_is_filtered(self, client: Client, query: str, count: int) -> None:
        assert len(self.items(client, f"{self.WEEK}&{query}")) == count

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("", "from"),
            ("from=2026-10-01&to=2026-13-01", "to"),
            ("from=2026-10-02&to=2026-10-01", "to"),
            ("from=2026-10-01&to=2026-12-02", "to"),
            ("from=2026-10-01&to=2026-10-02&colour=red", "colour"),
        ],
    )
    def test_refuses_odd_ranges_and_names_them(self, client: Client, query: str, field: str) -> None:
        answer = get(client, f"/schedule/?{query}")
        assert answer.status_code == 400
        assert field in [error["field"] for error in answer.json()["errors"]]

    def test_sixty_two_days_are_allowed(self, client: Client) -> None:
        assert len(self.items(client, "from=2026-10-01&to=2026-12-01")) == 18


class TestTerms:
    def test_tell_the_week_of_today(self, client: Client, time_machine: Any) -> None:
        put_term(day_overrides=[{"date": "2026-10-09", "taught_as": 1}])
        time_machine.move_to("2026-10-08T22:30:00Z", tick=False)  # already Friday in Belgrade
        [shown] = get(client, "/terms/").json()["results"]
        assert (shown["week"], shown["today_taught_as"]) == (2, 1)
        assert get(client, f"/terms/{shown['id']}/").json() == shown

    def test_stubs_are_not_shown(self, client: Client) -> None:
        put_course()
        assert get(client, "/terms/").json()["count"] == 0


@pytest.mark.usefixtures("catalogue")
class TestSync:
    def test_starts_with_everything_and_goes_on_with_what_changed(self, client: Client) -> None:
        first = get(client, "/sync/").json()
        assert (first["full"], first["more"], len(first["terms"]), len(first["changed"])) == (
            True,
            False,
            1,
            2,
        )
        put_course(2, title="Changed")
        delete_course(2, id="logic")
        second = get(client, f"/sync/?cursor={first['cursor']}").json()
        assert [each["title"] for each in second["changed"]] == ["Changed"]
        assert (second["deleted"], second["full"], second["terms"]) == ([str(api_id("logic"))], False, [])
        third = get(client, f"/sync/?cursor={second['cursor']}").json()
        assert (third["changed"], third["deleted"]) == ([], [])

    def test_comes_in_answers_of_at_most_500_courses(self, client: Client) -> None:
        put_snapshot(5, *(course(id=f"c{number}", entries=[]) for number in range(600)))
        first = get(client, "/sync/").json()
        assert (len(first["changed"]), first["more"], first["full"]) == (500, True, True)
        put_course(6, id="c0", title="Meanwhile", entries=[])
        delete_course(6, id="c599")
        second = get(client, f"/sync/?cursor={first['cursor']}").json()
        assert (second["more"], second["full"]) == (False, True)
        held = {each["id"]: each for each in first["changed"]} | {
            each["id"]: each for each in second["changed"]
        }
        for gone in second["deleted"]:
            held.pop(gone, None)
        assert len(held) == 599
        assert held[str(api_id("c0"))]["title"] == "Meanwhile"

    def test_a_cursor_from_a_database_restored_from_a_backup_is_gone(self, client: Client) -> None:
        put_course(2, title="Lost with the disk")
        cursor = get(client, "/sync/").json()["cursor"]
        # What a restored backup looks like: the same numbers, to be given again.
        Revision.objects.update(n=F("n") - 1)
        ChangeSet.objects.latest("revision").delete()
        assert get(client, f"/sync/?cursor={cursor}").status_code == 410
        put_course(3, title="Something else")
        answer = get(client, f"/sync/?cursor={cursor}")
        assert (answer.status_code, answer.json()["type"]) == (410, "urn:campanile:problem:sync_cursor_gone")

    @pytest.mark.parametrize("cursor", ["x", "AAAA", "é", "a" * 500])
    def test_an_odd_cursor_is_gone_too(self, client: Client, cursor: str) -> None:
        assert get(client, f"/sync/?cursor={cursor}").status_code == 410
