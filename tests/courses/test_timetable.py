from typing import Any

import pytest

from apps.courses.timetable import Calendar, changed_hours, occurrences
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


@pytest.mark.parametrize(
    ("changed", "hours"),
    [
        ({"starts_at": "12:00"}, ("12:00", "13:00")),
        ({"ends_at": "12:00"}, ("11:15", "12:00")),
        ({"starts_at": "13:00"}, ("13:00", "14:45")),
        ({"starts_at": "23:00"}, ("23:00", "23:59")),
        ({"starts_at": "17:00", "ends_at": "17:30"}, ("17:00", "17:30")),
    ],
)
def test_what_begins_after_its_usual_end_lasts_as_long_as_always(
    changed: dict[str, str], hours: tuple[str, str]
) -> None:
    assert changed_hours("11:15", "13:00", changed) == hours


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
