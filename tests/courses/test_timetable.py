from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.courses.timetable import Calendar, occurrences
from tests.factories.documents import entry, term


def meetings(term_document: dict[str, Any], **fields: Any) -> list[tuple[str, str]]:
    document = {"weeks": None, "valid_from": None, "valid_until": None, "exceptions": [], **entry(**fields)}
    calendar = Calendar({"day_overrides": [], **term_document})
    return [(meeting.date.isoformat(), meeting.status) for meeting in occurrences(document, calendar)]


def test_a_weekly_entry_meets_in_every_teaching_week() -> None:
    found = meetings(term())
    assert found[0] == ("2026-09-29", "scheduled")
    assert found[-1] == ("2027-01-12", "scheduled")
    assert len(found) == 16


def test_counting_of_weeks_goes_on_through_holidays() -> None:
    periods = [*term()["periods"], {"kind": "holiday", "starts_on": "2026-10-05", "ends_on": "2026-10-11"}]
    assert meetings(term(periods=periods), weeks=[1, 2, 3]) == [
        ("2026-09-29", "scheduled"),
        ("2026-10-13", "scheduled"),
    ]


def test_week_one_is_the_calendar_week_of_the_first_teaching_day() -> None:
    periods = [{"kind": "teaching", "starts_on": "2026-10-01", "ends_on": "2026-10-31"}]
    assert meetings(term(periods=periods), weeks=[1], weekday=4) == [("2026-10-01", "scheduled")]
    assert meetings(term(periods=periods), weeks=[2], weekday=1) == [("2026-10-05", "scheduled")]


def test_a_day_override_exchanges_the_weekday_of_one_date() -> None:
    friday_as_tuesday = term(day_overrides=[{"date": "2026-10-09", "taught_as": 2}])
    assert ("2026-10-09", "scheduled") in meetings(friday_as_tuesday)
    assert ("2026-10-09", "scheduled") not in meetings(friday_as_tuesday, weekday=5)


def test_a_move_is_one_meeting_that_remembers_where_it_was() -> None:
    moved = {
        "date": "2026-10-06",
        "status": "moved",
        "new_date": "2026-10-07",
        "starts_at": "13:15",
        "ends_at": "15:00",
    }
    document = {"weeks": None, "valid_from": None, "valid_until": None, **entry(exceptions=[moved])}
    calendar = Calendar({"day_overrides": [], **term()})
    [meeting] = [each for each in occurrences(document, calendar) if each.status == "moved"]
    assert (meeting.date.isoformat(), meeting.starts_at, meeting.rooms) == ("2026-10-07", "13:15", ("Raf20",))
    assert meeting.original is not None
    assert (meeting.original.date.isoformat(), meeting.original.starts_at) == ("2026-10-06", "11:15")
    assert len(occurrences(document, calendar)) == 16


def test_a_cancelled_meeting_stays_visible_and_one_on_a_free_day_does_not_appear() -> None:
    exceptions = [
        {"date": "2026-10-06", "status": "cancelled"},
        {"date": "2026-10-07", "status": "cancelled"},
    ]
    found = meetings(term(), exceptions=exceptions)
    assert ("2026-10-06", "cancelled") in found
    assert len(found) == 16


def test_an_added_meeting_may_lie_in_an_exam_period() -> None:
    assert meetings(term(), exceptions=[{"date": "2027-01-20", "status": "added"}])[-1] == (
        "2027-01-20",
        "added",
    )


def test_a_term_that_has_not_come_yet_has_no_meetings() -> None:
    assert meetings({"starts_on": None, "periods": [], "day_overrides": []}) == []


FIRST = date(2026, 9, 1)
days = st.integers(0, 80).map(lambda number: FIRST + timedelta(days=number))


@st.composite
def periods(draw: st.DrawFn) -> dict[str, Any]:
    begins, ends = sorted([draw(days), draw(days)])
    kind = draw(st.sampled_from(["teaching", "teaching", "holiday", "exams"]))
    return {"kind": kind, "starts_on": begins.isoformat(), "ends_on": ends.isoformat()}


@st.composite
def terms(draw: st.DrawFn) -> dict[str, Any]:
    begins, ends = sorted([draw(days), draw(days)])
    overrides = draw(st.dictionaries(days.map(date.isoformat), st.integers(1, 7), max_size=4))
    return {
        "starts_on": begins.isoformat(),
        "ends_on": ends.isoformat(),
        "periods": draw(st.lists(periods(), max_size=4)),
        "day_overrides": [{"date": day, "taught_as": weekday} for day, weekday in overrides.items()],
    }


def taught_on(document: dict[str, Any], day: date) -> bool:
    """The rule, said slowly: within a teaching period (or the term, when none is named), and in no holiday or exam period."""

    def within(period: dict[str, Any]) -> bool:
        return bool(period["starts_on"] <= day.isoformat() <= period["ends_on"])

    teaching = [period for period in document["periods"] if period["kind"] == "teaching"]
    free = [period for period in document["periods"] if period["kind"] != "teaching"]
    return within(document) and (not teaching or any(map(within, teaching))) and not any(map(within, free))


@settings(max_examples=300, deadline=None)
@given(terms(), st.integers(1, 7), st.none() | st.lists(st.integers(1, 14)), days, days)
def test_regular_meetings_are_those_of_a_slow_and_obvious_reference(
    document: dict[str, Any], weekday: int, weeks: list[int] | None, valid_from: date, valid_until: date
) -> None:
    every_day = [FIRST + timedelta(days=number) for number in range(90)]
    first = next((day for day in every_day if taught_on(document, day)), None)
    overrides = {each["date"]: each["taught_as"] for each in document["day_overrides"]}
    expected = [
        day.isoformat()
        for day in every_day
        if first is not None
        and taught_on(document, day)
        and overrides.get(day.isoformat(), day.isoweekday()) == weekday
        and (weeks is None or int(day.strftime("%V")) - int(first.strftime("%V")) + 1 in weeks)
        and valid_from <= day <= valid_until
    ]
    limits = {"valid_from": valid_from.isoformat(), "valid_until": valid_until.isoformat()}
    found = meetings(document, weekday=weekday, weeks=weeks, **limits)
    assert found == [(day, "scheduled") for day in expected]
