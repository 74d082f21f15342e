"""A whole calendar: RFC 5545, with the properties of RFC 7986, of what some enrolment rules are about."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Max, Q, QuerySet
from django.http import Http404
from icalendar import Calendar, Event, Timezone, vDuration

from apps.core.copies import Rendered
from apps.courses import reading, timetable
from apps.courses.calendar.events import Version, plain
from apps.courses.calendar.series import entry_events
from apps.courses.calendar.sittings import exam_events
from apps.courses.enrolments import attends, entries_of, exams_of, not_hidden
from apps.courses.models import Change, Enrolment, Entry, Exam, Term
from apps.courses.schedule import ENTRY_COLUMNS, TERM_COLUMNS, with_hours

Json = dict[str, Any]
CONTENT_TYPE = "text/calendar; charset=utf-8"
REFRESHED_EVERY = timedelta(hours=1)

# What events show of the course and the term they belong to.
_SHOWN = ["", "code", "title", "url", "term", "starts_on", "ends_on", "time_zone", "periods", "day_overrides"]
_EXAM_COLUMNS = (
    "id",
    "course_id",
    "course__term_id",
    "course__code",
    "course__title",
    "course__url",
    "course__groups",
    "kind",
    "period",
    "sittings",
    "note",
)


def render(
    rules: Sequence[Enrolment],
    *,
    named: QuerySet[Any, Any],
    exams_only: bool,
    now: datetime,
    hidden_by: UUID | None = None,
) -> Rendered:
    """The calendar in one statement, without the entries a user hides. `named` gives rows with its `name`, or none when there is no such calendar: then Http404.

    It also depends on the date (UTC), for cancelled meetings are not shown for ever.
    """
    entries = Entry.objects.none() if exams_only else entries_of(rules).filter(course__visible=True)
    if hidden_by:
        entries = not_hidden(entries, hidden_by)
    exams = exams_of(rules).filter(course__visible=True)
    revision, found = reading.rows(
        named=named[:1],
        entries=entries.order_by("pk").values(*ENTRY_COLUMNS, "course__url"),
        exams=exams.order_by("pk").values(*_EXAM_COLUMNS),
        terms=Term.objects.filter(starts_on__isnull=False).values(*TERM_COLUMNS),
        changes=_last_changes(entries, exams),
    )
    if not found["named"]:
        raise Http404
    today = now.astimezone(UTC).date()
    calendar = assembled(found["named"][0]["name"], list(_events(rules, found, today)))
    midnight = datetime.combine(today + timedelta(days=1), time(), UTC)
    return Rendered(calendar.to_ical(), revision, expires_at=midnight, content_type=CONTENT_TYPE)


def _last_changes(entries: QuerySet[Entry], exams: QuerySet[Exam]) -> QuerySet[Change, Any]:
    """The last change of each entry and exam, and of what their events show of their courses and terms."""
    first, *others = (
        parts.order_by().values(column)
        for parts in (entries, exams)
        for column in ("pk", "course", "course__term")
    )
    return (
        Change.objects.filter(
            Q(kind__in=[Change.Kind.ENTRY, Change.Kind.EXAM]) | Q(field__in=_SHOWN),
            object_id__in=first.union(*others),
        )
        .values("object_id")
        .annotate(revision=Max("change_set_id"), recorded_at=Max("change_set__recorded_at"))
    )


def _events(rules: Sequence[Enrolment], found: dict[str, list[Json]], today: date) -> Iterator[Event]:
    zones = {term["id"]: ZoneInfo(term["time_zone"]) for term in found["terms"]}
    calendars = {term["id"]: timetable.Calendar(term) for term in found["terms"]}
    versions = {
        change["object_id"]: Version(change["revision"], datetime.fromisoformat(change["recorded_at"]))
        for change in found["changes"]
    }

    def version(part: Json) -> Version:
        names = (part["id"], part["course_id"], part["course__term_id"])
        return max((versions[name] for name in names if name in versions), key=lambda last: last.revision)

    for entry in found["entries"]:
        if (term := entry["course__term_id"]) in zones:
            yield from entry_events(
                with_hours(entry),
                calendar=calendars[term],
                zone=zones[term],
                version=version(entry),
                today=today,
            )
    for exam in found["exams"]:
        yield from exam_events(
            exam,
            zone=zones.get(exam["course__term_id"], ZoneInfo("UTC")),
            version=version(exam),
            wanted=_attended(exam, rules),
        )


def _attended(exam: Json, rules: Sequence[Enrolment]) -> Callable[[Json], bool]:
    course, term = UUID(exam["course_id"]), UUID(exam["course__term_id"])

    def attended(sitting: Json) -> bool:
        named = {"course_groups": exam["course__groups"], "groups": sitting["groups"]}
        return any(attends(rule, course=course, term=term, **named) for rule in rules)

    return attended


def assembled(name: str, events: Sequence[Event]) -> Calendar:
    """The events with the zones they name."""
    calendar = Calendar()
    calendar.add("PRODID", "-//Campanile//Campanile//EN")
    calendar.add("VERSION", "2.0")
    calendar.add("CALSCALE", "GREGORIAN")
    calendar.add("METHOD", "PUBLISH")
    calendar.add("NAME", plain(name))
    calendar.add("X-WR-CALNAME", plain(name))
    calendar.add("REFRESH-INTERVAL", vDuration(REFRESHED_EVERY, {"VALUE": "DURATION"}))
    calendar.add("X-PUBLISHED-TTL", vDuration(REFRESHED_EVERY))
    for component in (*_timezones(events), *events):
        calendar.add_component(component)
    return calendar


def _timezones(events: Sequence[Any]) -> list[Timezone]:
    """The zones the events name, for the years they lie in."""
    moments: list[datetime] = [
        each[name].dt for each in events for name in ("DTSTART", "DTEND", "RECURRENCE-ID") if name in each
    ]
    until: list[datetime] = [each["RRULE"]["UNTIL"] for each in events if "RRULE" in each]
    years = [moment.year for moment in [*moments, *until]]
    keys = {moment.tzinfo.key for moment in moments if isinstance(moment.tzinfo, ZoneInfo)} - {"UTC"}
    return [_timezone(key, min(years), max(years)) for key in sorted(keys)]


@lru_cache(maxsize=64)
def _timezone(key: str, first_year: int, last_year: int) -> Timezone:
    """A year more at either end, since a date there may be in another year in UTC."""
    return Timezone.from_tzinfo(ZoneInfo(key), key, date(first_year - 1, 1, 1), date(last_year + 2, 1, 1))
