"""What students see of classes and exams, day by day. Plain dictionaries as the course service writes them; nothing of the product."""

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]
# For each day what is to be seen on it: when it begins, and everything about it.
Agenda = dict[date, set[tuple[datetime, str]]]


def taught_days(term: Json) -> dict[date, int]:
    """The days of the term on which there are classes, and the weekday they follow."""
    overrides = {each["date"]: each["taught_as"] for each in term.get("day_overrides", [])}
    found = {}
    for day in _days(term["starts_on"], term["ends_on"]):
        kinds = {
            period["kind"]
            for period in term["periods"]
            if period["starts_on"] <= day.isoformat() <= period["ends_on"]
        }
        if kinds == {"teaching"}:
            found[day] = overrides.get(day.isoformat(), day.isoweekday())
    return found


def of_entry(entry: Json | None, term: Json) -> Agenda:
    found: Agenda = defaultdict(set)
    if entry is None:
        return found
    zone = ZoneInfo(term["time_zone"])
    usual = {day for day, weekday in taught_days(term).items() if weekday == entry["weekday"]}
    special = {each["date"]: each for each in entry.get("exceptions", [])}
    everywhere = f"{entry['kind']} {entry.get('groups', [])}"

    def see(day: date, starts_at: str, what: str) -> None:
        found[day].add((_at(day, starts_at, zone), f"{everywhere} {what}"))

    for day in usual | {date.fromisoformat(each) for each in special}:
        plain = f"{entry['starts_at']} {entry['ends_at']} {entry['rooms']} {entry['teachers']}"
        exception = special.get(day.isoformat())
        if exception is None:
            see(day, entry["starts_at"], plain)
        elif exception["status"] == "cancelled":
            if day in usual:
                see(day, entry["starts_at"], f"cancelled {plain}")
        else:
            new_day = date.fromisoformat(exception.get("new_date") or exception["date"])
            what = f"moved {plain} -> {sorted(exception.items())}"
            see(new_day, exception.get("starts_at") or entry["starts_at"], what)
            if new_day != day:
                see(day, entry["starts_at"], what)
    return found


def of_exam(exam: Json | None, term: Json) -> Agenda:
    found: Agenda = defaultdict(set)
    for sitting in (exam or {}).get("sittings", []):
        begins = datetime.fromisoformat(sitting["starts_at"]).astimezone(UTC)
        found[begins.astimezone(ZoneInfo(term["time_zone"])).date()].add((begins, str(exam)))
    return found


def of_course(course: Json | None, term: Json) -> Agenda:
    found: Agenda = defaultdict(set)
    for part in (course or {}).get("entries", []):
        _add(found, of_entry(part, term))
    for part in (course or {}).get("exams", []):
        _add(found, of_exam(part, term))
    return found


def differing(old: Agenda, new: Agenda) -> dict[date, set[datetime]]:
    """The days that are not as they were, with when what differs begins."""
    days = {day: old.get(day, set()) ^ new.get(day, set()) for day in old.keys() | new.keys()}
    return {day: {begins for begins, _ in seen} for day, seen in days.items() if seen}


def differing_calendars(old: Json, new: Json) -> dict[date, set[datetime]]:
    """A day that is taught differently is so until it is over."""
    before, after = taught_days(old), taught_days(new)
    zone = ZoneInfo(new["time_zone"])
    days = {day for day in before.keys() | after.keys() if before.get(day) != after.get(day)}
    return {day: {datetime.combine(day, time.max, zone).astimezone(UTC)} for day in days}


def _add(found: Agenda, more: Agenda) -> None:
    for day, seen in more.items():
        found[day] |= seen


def _days(first: str, last: str) -> list[date]:
    day, end = date.fromisoformat(first), date.fromisoformat(last)
    return [day + timedelta(days=n) for n in range((end - day).days + 1)]


def _at(day: date, clock: str, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), zone).astimezone(UTC)
