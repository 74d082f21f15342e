"""Occurrences worked out slowly and obviously, day by day, from the documents alone: what the quick ways have to agree with."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

Json = dict[str, Any]
_DAY = timedelta(days=1)


Place = tuple[datetime, datetime, tuple[str, ...], tuple[str, ...]]


class Held(NamedTuple):
    """A meeting; its moments are in UTC."""

    starts_at: datetime
    ends_at: datetime
    rooms: tuple[str, ...]
    teachers: tuple[str, ...]
    status: str
    original: Place | None


def held(term: Json, entry: Json) -> list[Held]:
    """In the order of their text."""
    zone = ZoneInfo(term["time_zone"])
    found = []
    usual = (entry["starts_at"], entry["ends_at"], tuple(entry["rooms"]), tuple(entry["teachers"]))
    days = {day for day in _days(term) if _meets_on(day, term, entry)}
    named = {date.fromisoformat(each["date"]) for each in entry["exceptions"]}
    for day in days | named:
        regular = _span(day, *usual[:2], zone) + usual[2:]
        mine = [each for each in entry["exceptions"] if date.fromisoformat(each["date"]) == day]
        found += [_changed(day, usual, each, zone, None) for each in mine if each["status"] == "added"]
        changes = [each for each in mine if each["status"] != "added"]
        if day not in days and all(each["status"] == "cancelled" for each in changes):
            continue
        if changes:
            found.append(_changed(day, usual, changes[-1], zone, regular))
        else:
            found.append(Held(*regular, "scheduled", None))
    return sorted(found, key=str)


def _days(term: Json) -> list[date]:
    first, last = date.fromisoformat(term["starts_on"]), date.fromisoformat(term["ends_on"])
    return [first + number * _DAY for number in range((last - first).days + 1)]


def _taught_on(day: date, term: Json) -> bool:
    def within(period: Json) -> bool:
        return bool(period["starts_on"] <= day.isoformat() <= period["ends_on"])

    teaching = [period for period in term["periods"] if period["kind"] == "teaching"]
    free = [period for period in term["periods"] if period["kind"] != "teaching"]
    return (not teaching or any(map(within, teaching))) and not any(map(within, free))


def _meets_on(day: date, term: Json, entry: Json) -> bool:
    taught_as = {each["date"]: each["taught_as"] for each in term["day_overrides"]}
    first = next((each for each in _days(term) if _taught_on(each, term)), day)
    week = 1
    while first.isocalendar()[:2] != day.isocalendar()[:2] and first < day:
        first += 7 * _DAY
        week += 1
    return (
        _taught_on(day, term)
        and taught_as.get(day.isoformat(), day.isoweekday()) == entry["weekday"]
        and (entry["weeks"] is None or week in entry["weeks"])
        and (entry["valid_from"] is None or entry["valid_from"] <= day.isoformat())
        and (entry["valid_until"] is None or day.isoformat() <= entry["valid_until"])
    )


def _changed(day: date, usual: Any, exception: Json, zone: ZoneInfo, original: Any) -> Held:
    starts_at = exception.get("starts_at", usual[0])
    if "ends_at" in exception:
        ends_at = exception["ends_at"]
    elif starts_at < usual[1]:
        ends_at = usual[1]
    else:
        length = datetime.fromisoformat(f"{day}T{usual[1]}") - datetime.fromisoformat(f"{day}T{usual[0]}")
        ends = datetime.fromisoformat(f"{day}T{starts_at}") + length
        ends_at = f"{ends:%H:%M}" if ends.date() == day else "23:59"
    on = date.fromisoformat(exception.get("new_date", day.isoformat()))
    rooms = tuple(exception.get("rooms", usual[2]))
    teachers = tuple(exception.get("teachers", usual[3]))
    return Held(*_span(on, starts_at, ends_at, zone), rooms, teachers, exception["status"], original)


def _span(day: date, starts_at: str, ends_at: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    first, last = _moment(day, starts_at, zone), _moment(day, ends_at, zone)
    return first, max(first, last)


def _moment(day: date, hour: str, zone: ZoneInfo) -> datetime:
    """The first moment at which the clocks of the zone show this; if they never do, as if they had not been changed yet."""
    shown = datetime.fromisoformat(f"{day}T{hour}")
    before, after = ((shown + step).replace(tzinfo=zone).utcoffset() for step in (-_DAY, _DAY))
    assert before is not None
    assert after is not None
    moments = [(shown - offset).replace(tzinfo=UTC) for offset in (before, after)]
    fitting = [each for each in moments if each.astimezone(zone).replace(tzinfo=None) == shown]
    return min(fitting, default=moments[0])
