"""What the events of a calendar say, down to the properties that programs go by."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from icalendar import Calendar
from icalendar.timezone import TZP

from tests.courses.calendars import events, unrolled
from tests.factories.documents import api_id, entry, exam, put_course, put_term

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 10, 1, 9, tzinfo=UTC)
MOVED = {
    "date": "2026-10-13",
    "status": "moved",
    "new_date": "2026-10-14",
    "rooms": ["Raf04"],
    "note": "Guest",
}
CANCELLED = {"date": "2026-10-06", "status": "cancelled", "note": "Holy day"}


@pytest.fixture(autouse=True)
def _october(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)
    put_term()


def text(client: Client, query: str = "") -> bytes:
    answer = client.get(f"/api/v1/courses/{api_id()}/calendar.ics{query}")
    assert answer.status_code == 200
    return answer.content


def shown(client: Client) -> list[Any]:
    return events(text(client))


def local(day: int, month: int = 10, hour: int = 11, minute: int = 15) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZoneInfo("Europe/Belgrade"))


def test_an_entry_is_a_weekly_series_in_the_zone_of_its_term(client: Client) -> None:
    put_course(url="https://example.org/alg", entries=[entry(online_url="https://meet.example.org/alg")])
    [series] = shown(client)
    assert series["DTSTART"].params["TZID"] == series["DTEND"].params["TZID"] == "Europe/Belgrade"
    assert (series.start, series.end) == (local(29, 9), local(29, 9, 13, 0))
    assert dict(series["RRULE"]) == {
        "FREQ": ["WEEKLY"],
        "UNTIL": [datetime(2027, 1, 12, 10, 15, tzinfo=UTC)],
        "BYDAY": ["TU"],
    }
    assert "EXDATE" not in series
    assert (series["SUMMARY"], series["LOCATION"], series["DESCRIPTION"]) == (
        "ALG Algorithms (lecture)",
        "Raf20",
        "Jelena Jeremić",
    )
    assert (series.categories, series["URL"]) == (["lecture"], "https://example.org/alg")
    assert (series["CONFERENCE"], series["CONFERENCE"].params["VALUE"]) == (
        "https://meet.example.org/alg",
        "URI",
    )


def test_without_a_page_of_its_own_an_event_opens_the_app(client: Client) -> None:
    put_course(exams=[exam()])
    series, sitting = shown(client)
    uid, exam_uid = series["UID"].removesuffix("@campanile"), sitting["UID"].removesuffix("-1@campanile")
    assert series["URL"] == f"campanile://courses/{api_id()}/entries/{uid}"
    assert sitting["URL"] == f"campanile://exams/{exam_uid}"


def test_weeks_without_teaching_are_excluded_from_the_series(client: Client) -> None:
    put_course(entries=[entry(weeks=[1, 2, 5])])
    [series] = shown(client)
    assert [each.dt for each in series["EXDATE"].dts] == [local(13), local(20)]


def test_a_day_taught_as_another_belongs_to_the_series(client: Client) -> None:
    put_term(1, day_overrides=[{"date": "2026-10-09", "taught_as": 2}])
    put_course(entries=[entry(weeks=[1, 2, 3])])
    [series] = shown(client)
    assert series["RRULE"]["BYDAY"] == ["TU", "FR"]
    assert [each.dt for each in series["EXDATE"].dts] == [local(2)]


def test_a_changed_date_is_an_exception_of_its_series(client: Client) -> None:
    put_course(entries=[entry(exceptions=[MOVED])])
    series, moved = shown(client)
    assert (moved["UID"], moved["RECURRENCE-ID"].dt) == (series["UID"], local(13))
    assert moved["RECURRENCE-ID"].params["TZID"] == "Europe/Belgrade"
    assert (moved.start, moved["LOCATION"], moved["DESCRIPTION"]) == (
        local(14),
        "Raf04",
        "Jelena Jeremić\nGuest",
    )
    assert "RRULE" not in moved


def test_a_cancelled_date_is_kept_for_sixty_days_and_then_excluded(client: Client, time_machine: Any) -> None:
    put_course(entries=[entry(exceptions=[CANCELLED])])
    for day, number in ((NOW, 2), (datetime(2026, 12, 5, 23, tzinfo=UTC), 2)):
        time_machine.move_to(day, tick=False)
        found = shown(client)
        assert len(found) == number
        assert (found[1]["STATUS"], found[1]["RECURRENCE-ID"].dt) == ("CANCELLED", local(6))
        assert "EXDATE" not in found[0]
    time_machine.move_to(datetime(2026, 12, 6, tzinfo=UTC), tick=False)
    [series] = shown(client)
    assert [each.dt for each in series["EXDATE"].dts] == [local(6)]


def test_what_is_added_is_an_event_of_its_own_even_twice_a_day(client: Client) -> None:
    added = {"date": "2026-10-10", "status": "added"}
    put_course(entries=[entry(exceptions=[added, {**added, "starts_at": "09:00"}])])
    series, *extra = shown(client)
    name = series["UID"].removesuffix("@campanile")
    assert {each["UID"] for each in extra} == {
        f"{name}-20261010@campanile",
        f"{name}-20261010-2@campanile",
    }
    assert not any("RECURRENCE-ID" in each for each in extra)


def test_an_event_that_begins_in_an_hour_left_out_by_the_clock_and_ends_after_it_has_no_end(
    client: Client,
) -> None:
    added = {"date": "2027-03-28", "status": "added", "starts_at": "02:45", "ends_at": "03:15"}
    put_course(entries=[entry(exceptions=[added])])
    event = shown(client)[1]
    assert event.start.astimezone(UTC) == datetime(2027, 3, 28, 1, 45, tzinfo=UTC)
    assert "DTEND" not in event


def test_an_exam_that_spans_an_hour_shown_twice_ends_after_it_starts(client: Client) -> None:
    sitting = {"starts_at": "2026-10-25T02:45:00+02:00", "ends_at": "2026-10-25T02:15:00+01:00"}
    put_course(entries=[], exams=[exam(sittings=[sitting])])
    [event] = shown(client)
    assert event.end - event.start == timedelta(minutes=30)


def test_uids_stay_when_everything_else_changes(client: Client) -> None:
    put_course(exams=[exam()])
    before = [each["UID"] for each in shown(client)]
    put_course(1, entries=[entry(weekday=4, rooms=["Raf01"], kind="lab")], exams=[exam(kind="oral")])
    assert [each["UID"] for each in shown(client)] == before


def sequences(client: Client) -> list[int]:
    return [each["SEQUENCE"] for each in shown(client)]


def test_the_ledger_numbers_the_versions_of_each_event(client: Client) -> None:
    lab, lecture = entry(id="lab"), entry()
    put_course(entries=[lab, lecture], exams=[exam()])
    start = sequences(client)
    put_course(1, entries=[lab, entry(rooms=["Raf01"])], exams=[exam()], description="Nothing that is shown")
    later = sequences(client)
    assert sorted(new - old for old, new in zip(start, later, strict=True)) == [0, 0, 1]
    put_course(2, entries=[lab, entry(rooms=["Raf01"])], exams=[exam(note="Bring a pen")])
    assert [new - old for old, new in zip(later, sequences(client), strict=True)] == [0, 0, 2]
    put_course(
        3, title="Algorithms II", entries=[lab, entry(rooms=["Raf01"])], exams=[exam(note="Bring a pen")]
    )
    assert set(sequences(client)) == {start[0] + 3}
    put_term(4, ends_on="2027-02-13")
    assert set(sequences(client)) == {start[0] + 4}


def test_last_modified_is_when_the_change_was_recorded(client: Client) -> None:
    put_course()
    [series] = shown(client)
    recorded_at = series["LAST-MODIFIED"].dt
    assert abs(datetime.now(UTC) - NOW) < timedelta(seconds=1)
    assert series["DTSTAMP"].dt == recorded_at
    assert text(client) == text(client)


def test_the_zone_is_described_so_that_nobody_needs_to_know_it(client: Client) -> None:
    put_course(exams=[exam()])
    [zone] = Calendar.from_ical(text(client)).timezones
    assert zone.tz_name == "Europe/Belgrade"
    described: Any = zone.to_tz(TZP("zoneinfo"), lookup_tzid=False)
    for _, starts_at, *_ in unrolled(text(client)):
        there = starts_at.astimezone(ZoneInfo("Europe/Belgrade"))
        assert there.replace(tzinfo=described).utcoffset() == there.utcoffset()


def test_a_term_in_utc_needs_no_zone(client: Client) -> None:
    put_term(1, time_zone="UTC")
    put_course()
    assert b"VTIMEZONE" not in text(client)
    assert b"DTSTART:20260929T111500Z" in text(client)


def test_the_calendar_says_who_made_it_and_how_often_to_ask(client: Client) -> None:
    put_course()
    lines = text(client).splitlines()
    for line in (
        b"VERSION:2.0",
        b"METHOD:PUBLISH",
        b"NAME:ALG Algorithms",
        b"X-WR-CALNAME:ALG Algorithms",
        b"REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        b"X-PUBLISHED-TTL:PT1H",
    ):
        assert line in lines


def test_texts_are_escaped_and_folded_and_cannot_add_lines(client: Client) -> None:
    hostile = "A;b,c\\d \x01\x0b\x85\u2028\r\nEND:VEVENT\r\nX-EVIL:1"
    note = {**CANCELLED, "status": "moved", "note": "Ђурђевак; " * 40}
    put_course(
        title=hostile,
        url="https://example.org/\r\nX-EVIL:2",
        entries=[entry(rooms=[hostile], teachers=[hostile], exceptions=[note])],
    )
    content = text(client)
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert not any(line.startswith(b"X-EVIL") for line in content.splitlines())
    series, moved = events(content)
    assert series["SUMMARY"] == "ALG A;b,c\\d \nEND:VEVENT\nX-EVIL:1 (lecture)"
    assert series["LOCATION"] == "A;b,c\\d \nEND:VEVENT\nX-EVIL:1"
    assert moved["DESCRIPTION"].endswith(note["note"])
