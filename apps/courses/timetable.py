"""Occurrences: the dated meetings of weekly entries. Pure functions over public JSON (apps/courses/render.py), no database.

Week 1 is the calendar week (Monday first) of the term's first teaching day and counting goes on through holidays. Nothing is taught in
holiday and exam periods unless an exception adds it. On a day override the entries of another weekday meet.
"""

import datetime as dt
import sys
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import orjson

Json = dict[str, Any]
Status = Literal["scheduled", "cancelled", "moved", "added"]


# A term that courses name but the source has not sent yet: nothing is taught on any day we know of.
NO_TERM: Json = {"starts_on": None, "ends_on": None, "periods": [], "day_overrides": []}


class Occurrence(NamedTuple):
    """Times are HH:MM on `date`, in the term's zone. `original` holds the regular values of a cancelled or moved meeting."""

    date: dt.date
    starts_at: str
    ends_at: str
    rooms: tuple[str, ...]
    teachers: tuple[str, ...]
    status: Status
    note: str | None = None
    original: "Occurrence | None" = None

    def dates(self) -> set[dt.date]:
        return {self.date} if self.original is None else {self.date, self.original.date}

    def has_date_within(self, first: dt.date, last: dt.date) -> bool:
        return first <= self.date <= last or (
            self.original is not None and first <= self.original.date <= last
        )


class TeachingDay(NamedTuple):
    date: dt.date
    week: int


class Calendar:
    """A term's teaching days, by the weekday they are taught as."""

    def __init__(self, term: Json) -> None:
        self.by_weekday: dict[int, list[TeachingDay]] = {weekday: [] for weekday in range(1, 8)}
        taught_as = {dt.date.fromisoformat(day["date"]): day["taught_as"] for day in term["day_overrides"]}
        days = sorted(_teaching_dates(term))
        if days:
            first_monday = days[0] - dt.timedelta(days=days[0].weekday())
            for day in days:
                week = (day - first_monday).days // 7 + 1
                self.by_weekday[taught_as.get(day, day.isoweekday())].append(TeachingDay(day, week))

    @classmethod
    def of(cls, term: Json) -> "Calendar":
        """The one of a term that says the same, if it was made lately: there are few, and each has a hundred days. For reading alone."""
        return _calendar(orjson.dumps(term))


@lru_cache(maxsize=64)
def _calendar(term: bytes) -> Calendar:
    return Calendar(orjson.loads(term))


def _teaching_dates(term: Json) -> set[dt.date]:
    if term["starts_on"] is None:
        return set()
    first, last = dt.date.fromisoformat(term["starts_on"]), dt.date.fromisoformat(term["ends_on"])
    spans: dict[str, list[tuple[dt.date, dt.date]]] = {"teaching": [], "exams": [], "holiday": []}
    for period in term["periods"]:
        begins, ends = dt.date.fromisoformat(period["starts_on"]), dt.date.fromisoformat(period["ends_on"])
        spans[period["kind"]].append((max(first, begins), min(last, ends)))
    taught = {day for span in spans["teaching"] or [(first, last)] for day in _days(*span)}
    return taught - {day for span in spans["exams"] + spans["holiday"] for day in _days(*span)}


def _days(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    return (first + dt.timedelta(days=n) for n in range((last - first).days + 1))


def occurrences(entry: Json, calendar: Calendar) -> list[Occurrence]:
    """Every meeting of the entry in the term, by date and time. Of two exceptions that cancel or move one date, the last counts."""
    meetings = {day: _meeting(entry, day) for day in regular_dates(entry, calendar)}
    found: list[Occurrence] = []
    for exception in entry["exceptions"]:
        day = dt.date.fromisoformat(exception["date"])
        if exception["status"] == "added":
            found.append(_changed(_meeting(entry, day), exception, "added"))
        elif exception["status"] == "moved":
            # A source that moves a class from a day we hold free knows better than our calendar of it.
            meetings[day] = _changed(_meeting(entry, day), exception, "moved")
        elif day in meetings:
            meetings[day] = _changed(_meeting(entry, day), exception, "cancelled")
    found.extend(meetings.values())
    return sorted(found, key=lambda meeting: (meeting.date, meeting.starts_at, meeting.status))


def occurrences_within(entry: Json, calendar: Calendar, first: dt.date, last: dt.date) -> list[Occurrence]:
    """Of these, the ones with a date from the first to the last. Without exceptions, as most are, no other is made."""
    if not entry["exceptions"]:
        return [_meeting(entry, day) for day in regular_dates(entry, calendar, first, last)]
    return [meeting for meeting in occurrences(entry, calendar) if meeting.has_date_within(first, last)]


def meeting_days(entry: Json, calendar: Calendar) -> set[dt.date]:
    """Every day of an occurrence: of a moved one the day it left, too. Without exceptions, as most are, no occurrence is made."""
    if not entry["exceptions"]:
        return set(regular_dates(entry, calendar))
    return {day for meeting in occurrences(entry, calendar) for day in meeting.dates()}


def regular_dates(
    entry: Json, calendar: Calendar, first: dt.date = dt.date.min, last: dt.date = dt.date.max
) -> list[dt.date]:
    """Those from the first to the last."""
    if entry["valid_from"]:
        first = max(first, dt.date.fromisoformat(entry["valid_from"]))
    if entry["valid_until"]:
        last = min(last, dt.date.fromisoformat(entry["valid_until"]))
    days = calendar.by_weekday[entry["weekday"]]
    among = days[bisect_left(days, (first, 0)) : bisect_left(days, (last, sys.maxsize))]
    if entry["weeks"] is None:
        return [date for date, _ in among]
    weeks = set(entry["weeks"])
    return [date for date, week in among if week in weeks]


def _meeting(entry: Json, day: dt.date) -> Occurrence:
    starts_at, ends_at = entry["starts_at"], entry["ends_at"]
    return Occurrence(day, starts_at, ends_at, tuple(entry["rooms"]), tuple(entry["teachers"]), "scheduled")


def _changed(regular: Occurrence, exception: Json, status: Status) -> Occurrence:
    new_date = exception.get("new_date")
    starts_at, ends_at = changed_hours(regular.starts_at, regular.ends_at, exception)
    return Occurrence(
        date=dt.date.fromisoformat(new_date) if new_date else regular.date,
        starts_at=starts_at,
        ends_at=ends_at,
        rooms=tuple(exception["rooms"]) if "rooms" in exception else regular.rooms,
        teachers=tuple(exception["teachers"]) if "teachers" in exception else regular.teachers,
        status=status,
        note=exception.get("note"),
        original=None if status == "added" else regular,
    )


def changed_hours(starts_at: str, ends_at: str, exception: Json) -> tuple[str, str]:
    """The hours of an exception to a meeting with these. One that only begins later than it was to end lasts as long as always, to 23:59."""
    begins, ends = exception.get("starts_at") or starts_at, exception.get("ends_at")
    if ends or begins < ends_at:
        return begins, ends or ends_at
    last = min(_minutes(begins) + _minutes(ends_at) - _minutes(starts_at), 24 * 60 - 1)
    return begins, f"{last // 60:02}:{last % 60:02}"


def _minutes(hour: str) -> int:
    return int(hour[:2]) * 60 + int(hour[3:])
