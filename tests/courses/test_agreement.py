"""The schedule of the API, the calendars of other programs and a slow reference agree, whatever the term, the entry and its exceptions."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from apps.courses import schedule
from apps.courses.beginnings import beginning
from apps.courses.calendar.events import Version
from apps.courses.calendar.rendering import assembled
from apps.courses.calendar.series import entry_events
from apps.courses.enrolments import enrol
from apps.courses.timetable import Calendar
from apps.users.models import User
from tests.courses.calendars import unrolled
from tests.courses.reference import Held, Place, held
from tests.courses.timetables import Json, timetables
from tests.factories.documents import api_id, put_course, put_term

ENTRY = "5f4d3c2b-0000-5000-8000-000000000001"
LONG_AGO = date(2025, 1, 1)
ALWAYS = schedule.DateRange(date.min, date.max)


def as_stored(term: Json, entry: Json) -> tuple[Json, Json]:
    """The rows that schedule.sources would read."""
    named = {"id": ENTRY, "course_id": ENTRY, "course__term_id": "term", "course__url": None}
    course = {"course__code": "ALG", "course__title": "Algorithms"}
    hours = {name: f"{entry[name]}:00" for name in ("starts_at", "ends_at")}
    return {**term, "id": "term"}, {**entry, **named, **course, **hours}


def of_items(items: list[Json]) -> list[Held]:
    """What the API lists."""

    def place(item: Json) -> Place:
        starts_at, ends_at = (
            datetime.fromisoformat(item[name]).astimezone(UTC) for name in ("starts_at", "ends_at")
        )
        return starts_at, ends_at, tuple(item["rooms"]), tuple(item["teachers"])

    found = []
    for item in items:
        original = place(item["original"]) if item["original"] else None
        found.append(Held(*place(item), item["status"], original))
    return sorted(found, key=str)


def in_calendar(meetings: list[Held]) -> list[Any]:
    """As much of meetings as a calendar tells."""
    return sorted(
        (each.starts_at, each.ends_at, ", ".join(each.rooms), each.status == "cancelled") for each in meetings
    )


def listed(term: Json, entry: Json) -> list[Held]:
    term_row, entry_row = as_stored(term, entry)
    timetable = schedule.Timetable({"entries": [entry_row], "terms": [term_row]})
    return of_items([each.item() for each in timetable.meetings(ALWAYS)])


def calendar(term: Json, entry: Json, today: date = LONG_AGO) -> bytes:
    term_row, entry_row = as_stored(term, entry)
    events = entry_events(
        schedule.with_hours(entry_row),
        calendar=Calendar(term_row),
        zone=ZoneInfo(term["time_zone"]),
        version=Version(7, datetime(2026, 9, 1, tzinfo=UTC)),
        today=today,
    )
    content: bytes = assembled("Algorithms", list(events)).to_ical()
    return content


def over_http(client: APIClient, term: Json, entry: Json, minute: int) -> None:
    put_term(minute, **term)
    put_course(minute, term=term["id"], entries=[entry])
    expected = held(term, entry)
    first = date.fromisoformat(min(_dates({"term": term, "entry": entry})))
    days = f"from={first}&to={first + timedelta(days=61)}"
    for path in (f"schedule/?{days}", f"me/schedule/?{days}"):
        assert of_items(client.get(f"/api/v1/{path}").json()["results"]) == expected
    content = client.get(f"/api/v1/courses/{api_id()}/calendar.ics").content
    assert [meeting[1:] for meeting in unrolled(content)] == in_calendar(expected)
    starts = sorted((each.starts_at, each.rooms) for each in expected if each.status != "cancelled")
    assert begun(*(each.starts_at for each in expected)) == starts
    for moment, _ in starts:
        assert begun(moment) == [each for each in starts if each[0] == moment]


def begun(*moments: datetime) -> list[tuple[datetime, tuple[str, ...]]]:
    """What begins from the first to the last of them."""
    found = beginning(min(moments), max(moments)) if moments else []
    return sorted((each.starts_at, each.rooms) for each in found)


def _dates(value: Any) -> Iterator[str]:
    return (each for each in re.findall(r'"(\d{4}-\d{2}-\d{2})"', json.dumps(value)))


@pytest.mark.django_db
def test_api_calendar_and_reference_agree(time_machine: Any) -> None:
    seen: list[tuple[Json, Json]] = []

    @settings(max_examples=2000, deadline=None)
    @given(timetables())
    def agree(timetable: tuple[Json, Json]) -> None:
        expected = held(*timetable)
        assert listed(*timetable) == expected
        assert [meeting[1:] for meeting in unrolled(calendar(*timetable))] == in_calendar(expected)
        seen.append(timetable)

    agree()
    time_machine.move_to(datetime.combine(LONG_AGO, time(9), UTC))
    alice = User.objects.create_user("alice@example.org")
    put_course()
    enrol(user_id=alice.pk, course_id=api_id())
    phone = APIClient()
    phone.force_authenticate(alice)
    for minute, timetable in enumerate(seen[::25], start=1):
        over_http(phone, *timetable, minute)


@settings(max_examples=100, deadline=None)
@given(timetables())
def test_calendars_leave_out_what_was_cancelled_long_ago_and_nothing_else(
    timetable: tuple[Json, Json],
) -> None:
    kept = [meeting for meeting in held(*timetable) if meeting.status != "cancelled"]
    found = unrolled(calendar(*timetable, today=date(2029, 1, 1)))
    assert [meeting[1:] for meeting in found] == in_calendar(kept)


@settings(max_examples=500, deadline=None)
@given(timetables(), st.integers(-40, 40), st.integers(0, 61))
def test_a_range_holds_what_has_a_date_in_it_and_nothing_else(
    timetable: tuple[Json, Json], start: int, length: int
) -> None:
    term, entry = as_stored(*timetable)
    first = date.fromisoformat(term["starts_on"]) + timedelta(days=start)
    days = schedule.DateRange(first, first + timedelta(days=length))
    found = schedule.Timetable({"entries": [entry], "terms": [term]})
    everything = [each.occurrence for each in found.meetings(ALWAYS)]
    assert [each.occurrence for each in found.meetings(days)] == [
        each for each in everything if any(first <= day <= days.last for day in each.dates())
    ]
