"""Rooms: those the timetable and the exams name, and which of them nobody needs for a while."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.http import QueryDict
from rest_framework.exceptions import ValidationError

from apps.courses import exams, reading, schedule
from apps.courses.models import Entry, Exam
from apps.courses.moments import parse_datetime

Json = dict[str, Any]
LONGEST = timedelta(hours=24)
_USUAL = timedelta(hours=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """From `at` up to, not including, `until`."""

    at: datetime
    until: datetime

    @classmethod
    def parse(cls, params: QueryDict) -> Self:
        """From the parameters `at` and, an hour later by default, `until`. Raises ValidationError naming them."""
        found, errors = {}, {}
        for name in ("at", "until"):
            try:
                if name == "at" or name in params:
                    found[name] = parse_datetime(params.get(name)).astimezone(UTC)
            except (ValueError, OverflowError):
                errors[name] = ["Give an RFC 3339 date and time with an offset, its + written as %2B."]
        if not errors:
            at, until = found["at"], found.get("until", found["at"] + _USUAL)
            if timedelta(0) < until - at <= LONGEST:
                return cls(at, until)
            errors["until"] = ["The time must run forward and last at most 24 hours."]
        raise ValidationError(errors)

    @property
    def days(self) -> schedule.DateRange:
        """Every date that the window touches in any zone of the world."""
        return schedule.DateRange((self.at - _DAY).date(), (self.until + _DAY).date())


@dataclass(frozen=True, slots=True)
class Use:
    """Of rooms, by a meeting or a sitting. The moments are in UTC, `zone` is that of the term."""

    starts_at: datetime
    ends_at: datetime
    zone: ZoneInfo
    rooms: tuple[str, ...]

    def overlaps(self, window: Window) -> bool:
        return self.starts_at < window.until and self.ends_at > window.at

    def follows(self, window: Window) -> bool:
        """It starts later on the day on which the window does, as the term counts days."""
        days = {moment.astimezone(self.zone).date() for moment in (window.at, self.starts_at)}
        return self.starts_at >= window.until and len(days) == 1


def read() -> tuple[int, list[Json]]:
    """(revision, every room by name with the number of weekly entries held in it)."""
    revision, found = reading.rows(seen=_seen(), exams=exams.rows_of(Exam.objects.all()))
    weekly = Counter(room for entry in found["seen"] for room in set(entry["rooms"]))
    names = _names(found["seen"], found["exams"])
    return revision, [{"name": name, "entries": weekly[name]} for name in names]


def read_free(window: Window) -> tuple[int, list[Json]]:
    """(revision, every room free throughout the window, by name, with the start of what comes next that day)."""
    revision, found = reading.rows(
        **schedule.sources(Entry.objects.all(), window.days),
        seen=_seen(),
        exams=exams.rows_of(Exam.objects.all()),
    )
    uses: dict[str, list[Use]] = defaultdict(list)
    for use in (*_meetings(found, window), *_sittings(found["exams"])):
        for room in use.rooms:
            uses[room].append(use)
    return revision, [
        {"name": name, "free_until": _next(uses[name], window)}
        for name in _names(found["seen"], found["exams"])
        if not any(use.overlaps(window) for use in uses[name])
    ]


def _seen() -> QuerySet[Entry, Any]:
    return Entry.objects.filter(course__visible=True).values("rooms", "exceptions")


def _names(entries: Iterable[Json], exam_rows: Iterable[Json]) -> list[str]:
    regular = {room for entry in entries for room in entry["rooms"]}
    excepted = {room for entry in entries for each in entry["exceptions"] for room in each.get("rooms", [])}
    examined = {room for exam in exam_rows for sitting in exam["sittings"] for room in sitting["rooms"]}
    return sorted((regular | excepted | examined) - {""})


def _meetings(found: dict[str, list[Json]], window: Window) -> Iterator[Use]:
    for meeting in schedule.Timetable(found).meetings(window.days):
        if meeting.occurrence.status != "cancelled":
            yield Use(*meeting.span.utc, meeting.zone, meeting.occurrence.rooms)


def _sittings(exam_rows: Iterable[Json]) -> Iterator[Use]:
    for row in exam_rows:
        for sitting in exams.sittings_of(row):
            yield Use(sitting.starts_at, sitting.ends_at, sitting.zone, sitting.rooms)


def _next(uses: Iterable[Use], window: Window) -> str | None:
    following = [use for use in uses if use.follows(window)]
    if not following:
        return None
    use = min(following, key=lambda use: use.starts_at)
    return use.starts_at.astimezone(use.zone).isoformat()
