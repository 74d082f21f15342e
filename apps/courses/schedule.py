"""Schedules: the occurrences of many entries within a range of dates, as the API shows them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Self
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.http import QueryDict
from rest_framework.exceptions import ValidationError

from apps.courses import reading
from apps.courses.models import Entry, Term
from apps.courses.moments import check_date
from apps.courses.timetable import Calendar, Occurrence, occurrences

Json = dict[str, Any]
MAX_DAYS = 62
ENTRY_COLUMNS = (
    "id",
    "course_id",
    "course__term_id",
    "course__code",
    "course__title",
    "kind",
    "weekday",
    "starts_at",
    "ends_at",
    "rooms",
    "teachers",
    "groups",
    "weeks",
    "valid_from",
    "valid_until",
    "online_url",
    "exceptions",
)
TERM_COLUMNS = ("id", "starts_on", "ends_on", "time_zone", "periods", "day_overrides")


@dataclass(frozen=True, slots=True)
class DateRange:
    """Inclusive dates, in the zone of whichever term they are asked of."""

    first: date
    last: date

    @classmethod
    def parse(cls, params: QueryDict) -> Self:
        """From the parameters `from` and `to`. Raises ValidationError naming them."""
        found, errors = {}, {}
        for name in ("from", "to"):
            try:
                found[name] = date.fromisoformat(check_date(params.get(name, "")))
            except ValueError:
                errors[name] = ["Give a date written YYYY-MM-DD."]
        if not errors and not 0 <= (found["to"] - found["from"]).days < MAX_DAYS:
            errors["to"] = [f"The range must run forward and have at most {MAX_DAYS} days."]
        if errors:
            raise ValidationError(errors)
        return cls(found["from"], found["to"])

    def meets(self, days: Iterable[date]) -> bool:
        return any(self.first <= day <= self.last for day in days)


def read(
    entries: QuerySet[Entry], days: DateRange, wanted: Callable[[Occurrence], bool]
) -> tuple[int, list[Json]]:
    """(revision, occurrences by date and time). A move is one item, there when either of its dates is in the range."""
    revision, found = reading.rows(**sources(entries, days))
    items = [_item(*each) for each in meetings(found, days) if wanted(each[1])]
    return revision, sorted(items, key=place)


def place(item: Json) -> tuple[float, str, str]:
    """Of an occurrence in a schedule: by the moment, not its text, as two terms may lie in two zones."""
    return datetime.fromisoformat(item["starts_at"]).timestamp(), item["code"], item["entry"]


def sources(entries: QuerySet[Entry], days: DateRange) -> dict[str, QuerySet[Any, Any]]:
    """What reading.rows must read for `meetings`."""
    overlapping = Q(course__term__starts_on__lte=days.last, course__term__ends_on__gte=days.first)
    rows = entries.filter(overlapping | ~Q(exceptions=[]), course__visible=True).values(*ENTRY_COLUMNS)
    terms = Term.objects.filter(starts_on__isnull=False).values(*TERM_COLUMNS)
    return {"entries": rows, "terms": terms}


def meetings(
    found: Mapping[str, Iterable[Json]], days: DateRange
) -> Iterator[tuple[Json, Occurrence, ZoneInfo]]:
    """Each occurrence within the range, with its entry and the zone of its term, from the rows of `sources`."""
    zones = {term["id"]: ZoneInfo(term["time_zone"]) for term in found["terms"]}
    calendars = {term["id"]: Calendar(term) for term in found["terms"]}
    for entry in found["entries"]:
        if calendar := calendars.get(entry["course__term_id"]):
            for meeting in occurrences(with_hours(entry), calendar):
                if days.meets(meeting.dates()):
                    yield entry, meeting, zones[entry["course__term_id"]]


def with_hours(entry: Json) -> Json:
    """Times of day as the contract writes them: PostgreSQL adds seconds."""
    return {**entry, "starts_at": entry["starts_at"][:5], "ends_at": entry["ends_at"][:5]}


def _item(entry: Json, meeting: Occurrence, zone: ZoneInfo) -> Json:
    return {
        "course": entry["course_id"],
        "code": entry["course__code"],
        "title": entry["course__title"],
        "entry": entry["id"],
        "kind": entry["kind"],
        **_when_and_where(meeting, zone),
        "groups": entry["groups"],
        "online_url": entry["online_url"],
        "status": meeting.status,
        "original": _when_and_where(meeting.original, zone) if meeting.original else None,
        "note": meeting.note,
    }


def _when_and_where(meeting: Occurrence, zone: ZoneInfo) -> Json:
    return {
        "date": meeting.date.isoformat(),
        "starts_at": instant(meeting.date, meeting.starts_at, zone).isoformat(),
        "ends_at": instant(meeting.date, meeting.ends_at, zone).isoformat(),
        "rooms": list(meeting.rooms),
        "teachers": list(meeting.teachers),
    }


def instant(day: date, hour: str, zone: ZoneInfo) -> datetime:
    """Its RFC 3339 form has the offset that the term's zone has at that moment."""
    return datetime.combine(day, time.fromisoformat(hour), zone)
