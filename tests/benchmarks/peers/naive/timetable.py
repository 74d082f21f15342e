"""The dated meetings of weekly entries, as far as they go without exceptions and overrides: less than what they are compared with."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.benchmarks.peers.naive.models import Course, Entry, Term

Json = dict[str, Any]


def meetings(course: Course, entry: Entry, first: date, last: date) -> Iterator[Json]:
    zone = ZoneInfo(course.term.time_zone)
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        if day.isoweekday() != entry.weekday or not _is_taught(course.term, day):
            continue
        if (entry.valid_from and day < entry.valid_from) or (entry.valid_until and day > entry.valid_until):
            continue
        yield {
            "course": course.id,
            "code": course.code,
            "title": course.title,
            "entry": entry.id,
            "kind": entry.kind,
            "date": day,
            "starts_at": datetime.combine(day, entry.starts_at, zone).isoformat(),
            "ends_at": datetime.combine(day, entry.ends_at, zone).isoformat(),
            "rooms": entry.rooms,
            "teachers": entry.teachers,
            "groups": entry.groups,
            "online_url": entry.online_url,
            "status": "scheduled",
            "original": None,
            "note": None,
        }


def _is_taught(term: Term, day: date) -> bool:
    kinds = {
        period["kind"]
        for period in term.periods
        if period["starts_on"] <= day.isoformat() <= period["ends_on"]
    }
    return kinds == {"teaching"}


def with_clashes(found: list[Json]) -> list[Json]:
    for meeting in found:
        meeting["clashes"] = [
            other["entry"]
            for other in found
            if other is not meeting
            and meeting["starts_at"] < other["ends_at"]
            and other["starts_at"] < meeting["ends_at"]
        ]
        meeting["alternatives"] = []
    return sorted(found, key=lambda meeting: (meeting["starts_at"], meeting["code"]))
