"""Schedules: the occurrences of many entries within a range of dates, as the API shows them."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, NamedTuple, Self
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.http import QueryDict
from rest_framework.exceptions import ValidationError

from apps.courses import reading
from apps.courses.models import Entry, Term
from apps.courses.moments import check_date
from apps.courses.timetable import Calendar, Occurrence, occurrences_within

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

    @classmethod
    def weeks_of(cls, days: Collection[date]) -> Self:
        """The whole calendar weeks from the first of the days, of which there is one, to the last."""
        return cls(monday(min(days)), monday(max(days)) + timedelta(days=6))


class Span(NamedTuple):
    """From the first moment of a meeting to its last: on the clocks of its term, in UTC, and as RFC 3339 writes it; the first as a timestamp."""

    local: tuple[datetime, datetime]
    utc: tuple[datetime, datetime]
    written: tuple[str, str]
    timestamp: float


class Meeting(NamedTuple):
    """An occurrence with its entry, a row of `sources`, in the zone of its term."""

    entry: Json
    occurrence: Occurrence
    zone: ZoneInfo

    @property
    def span(self) -> Span:
        return span(self.occurrence, self.zone)

    def item(self) -> Json:
        """As the API lists it."""
        entry, occurrence, _ = self
        original = occurrence.original
        starts_at, ends_at = self.span.written
        return {
            "course": entry["course_id"],
            "code": entry["course__code"],
            "title": entry["course__title"],
            "entry": entry["id"],
            "kind": entry["kind"],
            # Written out, as dictionaries put into one another took as long again as the rest.
            "date": starts_at[:10],
            "starts_at": starts_at,
            "ends_at": ends_at,
            "rooms": occurrence.rooms,
            "teachers": occurrence.teachers,
            "groups": entry["groups"],
            "online_url": entry["online_url"],
            "status": occurrence.status,
            "original": self._replace(occurrence=original).when_and_where() if original else None,
            "note": occurrence.note,
        }

    def when_and_where(self) -> Json:
        starts_at, ends_at = self.span.written
        return {
            "date": starts_at[:10],
            "starts_at": starts_at,
            "ends_at": ends_at,
            "rooms": self.occurrence.rooms,
            "teachers": self.occurrence.teachers,
        }


def read(
    entries: QuerySet[Entry], days: DateRange, wanted: Callable[[Occurrence], bool]
) -> tuple[int, list[Json]]:
    """(revision, occurrences by date and time). A move is one item, there when either of its dates is in the range."""
    revision, found = reading.rows(**sources(entries, days))
    items = [meeting.item() for meeting in Timetable(found).meetings(days) if wanted(meeting.occurrence)]
    return revision, sorted(items, key=place)


def place(item: Json) -> tuple[float, str, str]:
    """Of an occurrence in a schedule: by the moment, not its text, as two terms may lie in two zones."""
    return datetime.fromisoformat(item["starts_at"]).timestamp(), item["code"], item["entry"]


def sources(entries: QuerySet[Entry], days: DateRange) -> dict[str, QuerySet[Any, Any]]:
    """What reading.rows must read for a Timetable."""
    overlapping = Q(course__term__starts_on__lte=days.last, course__term__ends_on__gte=days.first)
    rows = entries.filter(overlapping | ~Q(exceptions=[]), course__visible=True).values(*ENTRY_COLUMNS)
    return {"entries": rows, "terms": terms()}


def terms() -> QuerySet[Term, Any]:
    """Those with days, stubs have none."""
    found: QuerySet[Term, Any] = Term.objects.filter(starts_on__isnull=False).values(*TERM_COLUMNS)
    return found


class Timetable:
    """Entries and their terms, rows of `sources`."""

    def __init__(self, found: Mapping[str, Sequence[Json]]) -> None:
        taught = {entry["course__term_id"] for entry in found["entries"]}
        kept = [term for term in found["terms"] if term["id"] in taught]
        self._entries = [with_hours(entry) for entry in found["entries"]]
        self._zones = {term["id"]: ZoneInfo(term["time_zone"]) for term in kept}
        self._calendars = {term["id"]: Calendar.of(term) for term in kept}

    def meetings(self, days: DateRange) -> Iterator[Meeting]:
        """Those with a date in the range."""
        for entry in self._entries:
            if calendar := self._calendars.get(entry["course__term_id"]):
                for occurrence in occurrences_within(entry, calendar, days.first, days.last):
                    yield Meeting(entry, occurrence, self._zones[entry["course__term_id"]])


def with_hours(entry: Json) -> Json:
    """Times of day as the contract writes them: PostgreSQL adds seconds."""
    return {**entry, "starts_at": entry["starts_at"][:5], "ends_at": entry["ends_at"][:5]}


def span(occurrence: Occurrence, zone: ZoneInfo) -> Span:
    return _span(occurrence.date, occurrence.starts_at, occurrence.ends_at, zone)


@lru_cache(maxsize=1024)
def _span(day: date, begins: str, ends: str, zone: ZoneInfo) -> Span:
    """The same for all who meet then, and to look it up in the zone anew for each was a tenth of a student's week.

    An hour that a clock set forward leaves out is counted from before it (RFC 5545, section 3.3.5), which may be past the end on
    the clock; such a meeting takes no time.
    """
    starts_at, ends_at = instant(day, begins, zone), instant(day, ends, zone)
    # Two moments of one zone are compared by their clocks, so in UTC.
    if ends_at.astimezone(UTC) <= starts_at.astimezone(UTC):
        ends_at = starts_at
    return Span(
        local=(starts_at, ends_at),
        utc=(starts_at.astimezone(UTC), ends_at.astimezone(UTC)),
        written=(starts_at.isoformat(), ends_at.isoformat()),
        timestamp=starts_at.timestamp(),
    )


def instant(day: date, hour: str, zone: ZoneInfo) -> datetime:
    """Its RFC 3339 form has the offset that the term's zone has at that moment."""
    return datetime.combine(day, time.fromisoformat(hour), zone)


def monday(day: date) -> date:
    """The first day of its calendar week."""
    return day - timedelta(days=day.weekday())


def week(day: date) -> int:
    """The number of its calendar week, from the first Monday of the calendar on."""
    return (day.toordinal() - 1) // 7
