"""The demo faculty fits any day: whole weeks move, weekdays and the hours on the wall do not."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.demo.faculty import WEEK_OF_TODAY, laid_around, load_payloads, shift

BELGRADE = ZoneInfo("Europe/Belgrade")
PAYLOADS = load_payloads()
moments = st.integers(1_577_836_800, 3_786_912_000).map(lambda second: datetime.fromtimestamp(second, UTC))
weeks_away = st.integers(-2000, 2000)
# Each example walks the whole faculty, which takes milliseconds, not microseconds.
some = settings(max_examples=20, deadline=None)


def texts(value: Any) -> Iterator[str]:
    """Every string of a document, in its order."""
    match value:
        case dict():
            for item in value.values():
                yield from texts(item)
        case list():
            for item in value:
                yield from texts(item)
        case str():
            yield value


def times(event: dict[str, Any]) -> list[datetime]:
    courses = event["data"].get("courses", [])
    sittings = [s for course in courses for exam in course["exams"] for s in exam["sittings"]]
    return [datetime.fromisoformat(s[edge]) for s in sittings for edge in ("starts_at", "ends_at")]


@some
@given(moments)
def test_today_is_taught_in_the_sixth_week_of_the_first_term_and_the_second_comes_next(now: datetime) -> None:
    first, second, *_ = (event["data"] for event in laid_around(now))
    today = now.astimezone(BELGRADE).date()

    kinds = {p["kind"] for p in first["periods"] if p["starts_on"] <= today.isoformat() <= p["ends_on"]}
    begins = date.fromisoformat(next(p for p in first["periods"] if p["kind"] == "teaching")["starts_on"])
    assert kinds == {"teaching"}
    assert begins.isoweekday() == 1
    assert (today - begins).days // 7 + 1 == WEEK_OF_TODAY
    assert today.isoformat() not in {override["date"] for override in first["day_overrides"]}
    assert date.fromisoformat(second["starts_on"]) - date.fromisoformat(first["ends_on"]) == timedelta(1)


@some
@given(moments)
def test_events_happen_now_and_terms_come_before_their_courses(now: datetime) -> None:
    events = laid_around(now)

    assert [event["type"] for event in events] == ["term.updated"] * 2 + ["catalogue.snapshot"] * 2
    assert {datetime.fromisoformat(event["timestamp"]) for event in events} == {now}


def test_a_snapshot_laid_around_another_week_is_another_snapshot() -> None:
    monday = datetime(2026, 11, 16, tzinfo=BELGRADE)

    def snapshot_ids(now: datetime) -> list[str]:
        return [event["data"]["snapshot_id"] for event in laid_around(now)[2:]]

    assert snapshot_ids(monday) == snapshot_ids(monday + timedelta(days=6, hours=23))
    assert not set(snapshot_ids(monday)) & set(snapshot_ids(monday + timedelta(weeks=1)))


@some
@given(weeks_away)
def test_a_shift_keeps_weekdays_and_the_hours_on_the_wall(weeks: int) -> None:
    for before in PAYLOADS:
        after = shift(before, weeks=weeks, zone=BELGRADE)
        for old, new in zip(times(before), times(after), strict=True):
            assert new.replace(tzinfo=None) - old.replace(tzinfo=None) == timedelta(weeks=weeks)
            assert new.utcoffset() == new.astimezone(BELGRADE).utcoffset()


@some
@given(weeks_away)
def test_a_shift_there_and_back_is_where_it_began(weeks: int) -> None:
    for before in PAYLOADS:
        moved = shift(before, weeks=weeks, zone=BELGRADE)
        assert shift(moved, weeks=-weeks, zone=BELGRADE) == before


def test_a_shift_moves_every_date_and_nothing_else() -> None:
    before, after = (
        [text for event in events for text in texts(event)]
        for events in (PAYLOADS, [shift(event, weeks=1, zone=BELGRADE) for event in PAYLOADS])
    )
    for old, new in zip(before, after, strict=True):
        if re.match(r"\d{4}-", old):
            assert date.fromisoformat(new[:10]) - date.fromisoformat(old[:10]) == timedelta(weeks=1)
        else:
            assert old == new


def test_an_exam_keeps_its_hour_when_clocks_change_in_between() -> None:
    event = {"data": {"starts_at": "2026-10-20T09:00:00+02:00"}}

    assert shift(event, weeks=1, zone=BELGRADE) == {"data": {"starts_at": "2026-10-27T09:00:00+01:00"}}
