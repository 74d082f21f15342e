"""A calendar unrolled by somebody else's program has the meetings that the schedule has, whatever the term and its exceptions."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.courses.calendar.events import Version
from apps.courses.calendar.rendering import assembled
from apps.courses.calendar.series import entry_events
from apps.courses.timetable import Calendar, occurrences
from tests.courses.calendars import Meeting, unrolled

ZONES = ["Europe/Belgrade", "America/New_York", "Australia/Lord_Howe", "Europe/Dublin", "Asia/Kolkata", "UTC"]
ENTRY = "5f4d3c2b-0000-5000-8000-000000000001"
VERSION = Version(7, datetime(2026, 9, 1, tzinfo=UTC))
LONG_AGO = date(2026, 1, 1)


@st.composite
def timetables(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """(term, entry), around the weeks in which clocks change. Meetings lie in the day: at night some hours are none or two."""
    first = draw(st.sampled_from([date(2026, 9, 14), date(2027, 2, 22)]))
    days = st.integers(0, 60).map(lambda number: (first + timedelta(days=number)).isoformat())
    hours = st.integers(24, 80).map(lambda quarter: f"{quarter // 4:02}:{quarter % 4 * 15:02}")
    spans = st.tuples(days, days).map(sorted)
    starts_on, ends_on = draw(spans)
    kinds = st.sampled_from(["teaching", "teaching", "holiday", "exams"])
    periods = draw(st.lists(st.tuples(kinds, spans), max_size=3))
    overrides = draw(st.dictionaries(days, st.integers(1, 7), max_size=3))
    term = {
        "starts_on": starts_on,
        "ends_on": ends_on,
        "time_zone": draw(st.sampled_from(ZONES)),
        "periods": [{"kind": kind, "starts_on": span[0], "ends_on": span[1]} for kind, span in periods],
        "day_overrides": [{"date": day, "taught_as": weekday} for day, weekday in overrides.items()],
    }
    exceptions = st.fixed_dictionaries(
        {"date": days, "status": st.sampled_from(["cancelled", "moved", "added"])},
        optional={
            "new_date": days,
            "starts_at": hours,
            "ends_at": hours,
            "rooms": st.just(["Raf04", "Raf05"]),
            "teachers": st.just([]),
        },
    )
    starts_at, ends_at = draw(st.tuples(hours, hours).filter(lambda pair: pair[0] < pair[1]))
    entry = {
        "id": ENTRY,
        "course_id": ENTRY,
        "course__code": "ALG",
        "course__title": "Algorithms",
        "course__url": None,
        "kind": "lecture",
        "weekday": draw(st.integers(1, 7)),
        "starts_at": starts_at,
        "ends_at": ends_at,
        "rooms": ["Raf20"],
        "teachers": ["Jelena Jeremić"],
        "weeks": draw(st.none() | st.lists(st.integers(1, 9))),
        "valid_from": draw(st.none() | days),
        "valid_until": draw(st.none() | days),
        "online_url": None,
        "exceptions": draw(st.lists(exceptions, max_size=6)),
    }
    return term, entry


def calendar(term: dict[str, Any], entry: dict[str, Any], today: date = LONG_AGO) -> bytes:
    zone = ZoneInfo(term["time_zone"])
    events = entry_events(entry, calendar=Calendar(term), zone=zone, version=VERSION, today=today)
    content: bytes = assembled("Algorithms", list(events)).to_ical()
    return content


def scheduled(term: dict[str, Any], entry: dict[str, Any]) -> list[Meeting]:
    zone = ZoneInfo(term["time_zone"])

    def moment(day: date, hour: str) -> datetime:
        return datetime.combine(day, time.fromisoformat(hour), zone).astimezone(UTC)

    return sorted(
        (
            ENTRY,
            starts_at := moment(meeting.date, meeting.starts_at),
            max(starts_at, moment(meeting.date, meeting.ends_at)),
            ", ".join(meeting.rooms),
            meeting.status == "cancelled",
        )
        for meeting in occurrences(entry, Calendar(term))
    )


@settings(max_examples=300, deadline=None)
@given(timetables())
def test_a_program_finds_every_meeting_once_at_its_moment(
    timetable: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    assert unrolled(calendar(*timetable)) == scheduled(*timetable)


@settings(max_examples=100, deadline=None)
@given(timetables())
def test_meetings_cancelled_long_ago_are_left_out_and_nothing_else_is(
    timetable: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    kept = [meeting for meeting in scheduled(*timetable) if not meeting[-1]]
    assert unrolled(calendar(*timetable, today=date(2028, 1, 1))) == kept
