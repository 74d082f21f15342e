"""Exams as the API lists them: one item an exam, with its course and all its sittings, by the first sitting ahead."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from operator import itemgetter
from typing import Any, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from rest_framework.exceptions import ValidationError

from apps.core.paging import NO_CURSOR, Key, Page
from apps.courses import reading
from apps.courses.enrolments import attends, exams_of
from apps.courses.models import Enrolment, Exam
from apps.courses.moments import check_date

Json = dict[str, Any]
_NEVER = datetime.max.replace(tzinfo=UTC)
_SHOWN = ("id", "external_id", "kind", "period", "sittings", "note")


@dataclass(frozen=True, slots=True)
class Sitting:
    """Its moments in UTC, its days in the zone of the course's term. `course_groups` are those that the course's entries name."""

    starts_at: datetime
    ends_at: datetime
    first_day: date
    last_day: date
    zone: ZoneInfo
    rooms: tuple[str, ...]
    groups: frozenset[str]
    course: str
    term: str
    course_groups: frozenset[str]

    @classmethod
    def of(cls, row: Json, sitting: Json) -> Self:
        starts_at = datetime.fromisoformat(sitting["starts_at"])
        ends_at = datetime.fromisoformat(sitting["ends_at"])
        zone = ZoneInfo(row["course__term__time_zone"])
        return cls(
            starts_at=starts_at.astimezone(UTC),
            ends_at=ends_at.astimezone(UTC),
            first_day=starts_at.astimezone(zone).date(),
            last_day=(ends_at - timedelta.resolution).astimezone(zone).date(),
            zone=zone,
            rooms=tuple(sitting["rooms"]),
            groups=frozenset(sitting["groups"]),
            course=row["course_id"],
            term=row["course__term_id"],
            course_groups=frozenset(row["course__groups"]),
        )

    def is_for(self, group: str) -> bool:
        """It names the group, or names none in a course that has the group or has no groups at all."""
        return group in self.groups or (
            not self.groups and (not self.course_groups or group in self.course_groups)
        )

    def concerns(self, rule: Enrolment) -> bool:
        """Whether it is what somebody with this enrolment follows."""
        course, term = UUID(self.course), UUID(self.term)
        return attends(rule, course=course, term=term, course_groups=self.course_groups, groups=self.groups)


@dataclass(frozen=True, slots=True)
class Days:
    """Inclusive dates, either of them open, in the zone of whichever term they are asked of."""

    first: date | None
    last: date | None

    @classmethod
    def parse(cls, params: QueryDict) -> Self:
        """From the parameters `from` and `to`. Raises ValidationError naming them."""
        found: dict[str, date] = {}
        errors = {}
        for name in ("from", "to"):
            try:
                if name in params:
                    found[name] = date.fromisoformat(check_date(params.get(name, "")))
            except ValueError:
                errors[name] = ["Give a date written YYYY-MM-DD."]
        if len(found) == 2 and found["to"] < found["from"]:
            errors["to"] = ["The range must run forward."]
        if errors:
            raise ValidationError(errors)
        return cls(found.get("from"), found.get("to"))

    @property
    def limited(self) -> bool:
        return self.first is not None or self.last is not None

    def meets(self, sitting: Sitting) -> bool:
        return (self.first is None or self.first <= sitting.last_day) and (
            self.last is None or sitting.first_day <= self.last
        )


@dataclass(frozen=True, slots=True)
class Listed:
    """Exams in their order, each with its place in it; the order holds until `until`."""

    items: list[Json]
    places: list[Key]
    until: datetime | None = None


def read(
    exams: QuerySet[Exam], wanted: Callable[[Sitting], bool] | None, now: datetime
) -> tuple[int, Listed]:
    """(revision, exams by their first sitting ahead). An exam is there for one wanted sitting.

    Those with nothing ahead come after, by their first sitting; without `wanted` also those without sittings, last of all.
    """
    revision, found = reading.rows(exams=rows_of(exams))
    exams_with_sittings = [(row, sittings_of(row)) for row in found["exams"]]
    kept = [
        (row, sittings)
        for row, sittings in exams_with_sittings
        if wanted is None or any(map(wanted, sittings))
    ]
    placed = sorted(((_place(row, sittings, now), row) for row, sittings in kept), key=itemgetter(0))
    ends = [sitting.ends_at for _, sittings in kept for sitting in sittings if sitting.ends_at > now]
    return revision, Listed(
        [_item(row) for _, row in placed], [place for place, _ in placed], min(ends, default=None)
    )


def read_mine(rules: Sequence[Enrolment], now: datetime) -> Listed:
    """The exams somebody with these enrolments follows, by the first sitting ahead that they concern, until the last such one ended."""
    _, found = reading.rows(exams=rows_of(exams_of(rules)))
    ahead: list[tuple[Key, Json]] = []
    for row in found["exams"]:
        starts = [
            sitting.starts_at
            for sitting in sittings_of(row)
            if sitting.ends_at > now and any(map(sitting.concerns, rules))
        ]
        if starts:
            ahead.append(((min(starts).timestamp(), row["course__code"], row["id"]), row))
    ahead.sort(key=itemgetter(0))
    return Listed([_item(row) for _, row in ahead], [place for place, _ in ahead])


def sittings_of(row: Json) -> list[Sitting]:
    return [Sitting.of(row, sitting) for sitting in row["sittings"]]


def rows_of(exams: QuerySet[Exam]) -> QuerySet[Exam, Any]:
    """Those of visible courses, for reading.rows and sittings_of."""
    return exams.filter(course__visible=True).values(
        "id",
        "external_id",
        "kind",
        "period",
        "sittings",
        "note",
        "course_id",
        "course__code",
        "course__title",
        "course__groups",
        "course__term_id",
        "course__term__time_zone",
    )


def _place(row: Json, sittings: Iterable[Sitting], now: datetime) -> Key:
    """It begins with the moment at which the order was asked for, so that a page can go on in that order when an exam has ended since."""
    starts = [sitting.starts_at for sitting in sittings]
    ahead = [sitting.starts_at for sitting in sittings if sitting.ends_at > now]
    first = min(ahead or starts, default=_NEVER)
    return now.timestamp(), int(not ahead), first.timestamp(), row["course__code"], row["id"]


def asked_at(page: Page) -> datetime:
    """When the first of the pages was asked for that `page` goes on from. Raises ValidationError naming `cursor`."""
    if page.position is None:
        return timezone.now()
    try:
        return datetime.fromtimestamp(float(page.position.key[0]), UTC)
    except (IndexError, ValueError, OverflowError, OSError) as error:
        raise ValidationError({"cursor": [NO_CURSOR]}) from error


def _item(row: Json) -> Json:
    return {
        "course": row["course_id"],
        "code": row["course__code"],
        "title": row["course__title"],
        **{name: row[name] for name in _SHOWN},
    }
