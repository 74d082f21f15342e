"""What begins within a span of time, for all users at once: classes that are held, as schedules list them, and sittings of exams."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL

from apps.courses import exams, reading, schedule
from apps.courses.models import Entry, Exam
from apps.courses.timetable import Calendar

Json = dict[str, Any]
# An hour of the day that a clock skips may be held on the day after, and no clock skips more than this.
_SKIPPED = timedelta(hours=3)
_DAY = timedelta(days=1)
# By the days they are written with, at whatever offset: PostgreSQL does not read all that RFC 3339 allows, and one sitting it refused would
# take the others with it.
_BEGINS = """
    EXISTS (
        SELECT FROM jsonb_array_elements(courses_exam.sittings) AS sitting
        WHERE left(sitting ->> 'starts_at', 10) BETWEEN %s AND %s
    )
"""


@dataclass(frozen=True, slots=True)
class Beginning:
    """Whom it is for, `groups` and `course_groups` say as in enrolments.py. `starts_at` is in UTC: moments of two
    zones, or of one whose clocks are changed, do not compare. `day` is the day its entry knows it by: of a class that was moved, the one it was moved from.
    """

    kind: Literal["class", "exam"]
    id: UUID
    course: UUID
    term: UUID
    title: str
    starts_at: datetime
    zone: ZoneInfo
    day: date
    rooms: tuple[str, ...]
    groups: tuple[str, ...]
    course_groups: tuple[str, ...]

    @property
    def local(self) -> datetime:
        """When it begins by the clock of its term."""
        return self.starts_at.astimezone(self.zone)


def beginning(first: datetime, last: datetime, *, among: Collection[UUID] | None = None) -> list[Beginning]:
    """Those that begin from `first` to `last`, both included, by start. `among` limits them to these entries and exams."""
    found = [*_classes(first, last, among), *_sittings(first, last, among)]
    held = (each for each in found if first <= each.starts_at <= last)
    return sorted(held, key=lambda each: (each.starts_at, each.title, str(each.id)))


def _classes(first: datetime, last: datetime, among: Collection[UUID] | None) -> Iterator[Beginning]:
    _, found = reading.rows(terms=schedule.terms())
    days = schedule.DateRange((first - _DAY).astimezone(UTC).date(), (last + _DAY).astimezone(UTC).date())
    entries = Entry.objects.filter(_may_begin(found["terms"], first, last))
    rows = schedule.sources(entries if among is None else entries.filter(pk__in=among), days)["entries"]
    _, entries_found = reading.rows(entries=rows.values(*schedule.ENTRY_COLUMNS, "course__groups"))
    for meeting in schedule.Timetable({**found, **entries_found}).meetings(days):
        entry, occurrence = meeting.entry, meeting.occurrence
        if occurrence.status != "cancelled":
            yield Beginning(
                kind="class",
                id=UUID(entry["id"]),
                course=UUID(entry["course_id"]),
                term=UUID(entry["course__term_id"]),
                title=entry["course__title"],
                starts_at=meeting.span.utc[0],
                zone=meeting.zone,
                day=(occurrence.original or occurrence).date,
                rooms=occurrence.rooms,
                groups=tuple(entry["groups"]),
                course_groups=tuple(entry["course__groups"]),
            )


def _may_begin(terms: Collection[Json], first: datetime, last: datetime) -> Q:
    """Entries of a weekday taught on one of the days, and those with an exception that names one: a small part of all."""
    may = Q(pk__in=[])
    for term in terms:
        zone = ZoneInfo(term["time_zone"])
        since, until = (first - _SKIPPED).astimezone(zone).date(), last.astimezone(zone).date()
        taught = Calendar(term).by_weekday.items()
        weekdays = [weekday for weekday, days in taught if any(since <= day.date <= until for day in days)]
        if weekdays:
            may |= Q(course__term=term["id"], weekday__in=weekdays)
    earliest, latest = (first - _DAY).date(), (last + _DAY).date()
    for number in range((latest - earliest).days + 1):
        day = (earliest + number * _DAY).isoformat()
        may |= Q(exceptions__contains=[{"date": day}]) | Q(exceptions__contains=[{"new_date": day}])
    return may


def _sittings(first: datetime, last: datetime, among: Collection[UUID] | None) -> Iterator[Beginning]:
    days = [str((first - _DAY).astimezone(UTC).date()), str((last + _DAY).astimezone(UTC).date())]
    sat = Exam.objects.filter(RawSQL(_BEGINS, days, output_field=BooleanField()))  # noqa: S611  # a constant, with parameters
    _, found = reading.rows(exams=exams.rows_of(sat if among is None else sat.filter(pk__in=among)))
    for row in found["exams"]:
        for sitting in exams.sittings_of(row):
            yield Beginning(
                kind="exam",
                id=UUID(row["id"]),
                course=UUID(sitting.course),
                term=UUID(sitting.term),
                title=row["course__title"],
                starts_at=sitting.starts_at,
                zone=sitting.zone,
                day=sitting.first_day,
                rooms=sitting.rooms,
                groups=tuple(sitting.groups),
                course_groups=tuple(sitting.course_groups),
            )
