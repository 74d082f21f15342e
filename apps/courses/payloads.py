"""The course service's documents as typed data. The fields are described in docs/webhooks.md.

Unknown fields are ignored, null means absent, and every fault is reported with its place. What is read of a document is its canonical form:
known fields only, absent ones left out, one spelling per value. Bounds on lengths that the contract leaves open are generous; they keep any
accepted document within what PostgreSQL can index.
"""

import hashlib
from datetime import date, datetime
from typing import Annotated, Any, Literal, NotRequired
from zoneinfo import ZoneInfo

import orjson
from pydantic import (
    AfterValidator,
    BeforeValidator,
    FailFast,
    Field,
    StringConstraints,
    with_config,
)
from typing_extensions import TypedDict

from apps.courses.models.sourced import Json
from apps.courses.moments import check_date, check_time, parse_datetime
from apps.courses.shapes import FEW, Shape

MOST_COURSES = 50_000


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("is not an IANA time zone") from error
    return value


def _whole(value: float) -> float:
    """6.0 and 6 are one number, so that both give one digest."""
    return int(value) if value == int(value) else value


def _moment(value: Any) -> str:
    """As 2026-09-01T10:00:00.250000Z, whatever the letters and digits it came in."""
    return parse_datetime(value).isoformat().replace("+00:00", "Z")


def _few(value: Any) -> Any:
    """Asked first: of a dict that is too long, pydantic collects the faults of all its items before it says so."""
    if isinstance(value, dict) and len(value) > FEW:
        raise ValueError(f"has more than {FEW:,} members")
    return value


Identifier = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Group = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Language = Annotated[str, StringConstraints(max_length=35)]
Line = Annotated[str, StringConstraints(max_length=500)]
Text = Annotated[str, StringConstraints(max_length=20_000)]
Url = Annotated[str, StringConstraints(max_length=2_000, pattern=r"^https?://")]
Date = Annotated[str, AfterValidator(check_date)]
Time = Annotated[str, AfterValidator(check_time)]
Moment = Annotated[str, BeforeValidator(_moment)]
Zone = Annotated[Line, AfterValidator(_zone)]
Credits = Annotated[int | float, Field(ge=0, le=1_000), AfterValidator(_whole)]
Weekday = Annotated[int, Field(ge=1, le=7)]
Week = Annotated[int, Field(ge=1, le=110)]
Few = Field(max_length=FEW)
Lines = Annotated[list[Line], Few]
Groups = Annotated[list[Group], Few]
# Not [], of which pydantic would make a deep copy for every object that lacks it.
_NONE: Any = Field(default_factory=list)
# Dicts, because they are what is stored and served: models took three times as long to make, and as long again to write as dicts.
_strict = with_config(strict=True)


@_strict
class Period(TypedDict):
    kind: Literal["teaching", "exams", "holiday"]
    name: Annotated[Line, Field(default="")]
    starts_on: Date
    ends_on: Date


def _runs_forward(period: Period) -> Period:
    if period["ends_on"] < period["starts_on"]:
        raise ValueError("ends_on is before starts_on")
    return period


CheckedPeriod = Annotated[Period, AfterValidator(_runs_forward)]


@_strict
class DayOverride(TypedDict):
    date: Date
    taught_as: Weekday


@_strict
class TermDocument(TypedDict):
    id: Identifier
    name: Annotated[str, StringConstraints(max_length=200)]
    starts_on: Date
    ends_on: Date
    time_zone: Zone
    periods: Annotated[list[CheckedPeriod], Few, FailFast(), _NONE]
    day_overrides: Annotated[list[DayOverride], Few, FailFast(), _NONE]
    updated_at: NotRequired[Moment]


def _has_sensible_length(term: TermDocument) -> TermDocument:
    if not 0 <= (date.fromisoformat(term["ends_on"]) - date.fromisoformat(term["starts_on"])).days <= 731:
        raise ValueError("ends_on must be on or after starts_on, and at most two years later")
    return term


CheckedTerm = Annotated[TermDocument, AfterValidator(_has_sensible_length)]


@_strict
class EntryException(TypedDict):
    date: Date
    status: Literal["cancelled", "moved", "added"]
    new_date: NotRequired[Date]
    starts_at: NotRequired[Time]
    ends_at: NotRequired[Time]
    rooms: NotRequired[Lines]
    teachers: NotRequired[Lines]
    note: NotRequired[Text]


@_strict
class EntryDocument(TypedDict):
    id: Identifier
    kind: Literal["lecture", "exercise", "lab", "seminar", "other"]
    weekday: Weekday
    starts_at: Time
    ends_at: Time
    rooms: Annotated[Lines, _NONE]
    teachers: Annotated[Lines, _NONE]
    groups: Annotated[Groups, _NONE]
    weeks: NotRequired[Annotated[list[Week], Few]]
    valid_from: NotRequired[Date]
    valid_until: NotRequired[Date]
    online_url: NotRequired[Url]
    exceptions: Annotated[list[EntryException], Few, FailFast(), _NONE]


def _ends_after_it_starts(entry: EntryDocument) -> EntryDocument:
    if entry["ends_at"] <= entry["starts_at"]:
        raise ValueError("ends_at is not after starts_at")
    for each in entry["exceptions"]:
        if "ends_at" in each and each["ends_at"] <= each.get("starts_at", entry["starts_at"]):
            raise ValueError(f"exceptions have an ends_at that is not after starts_at, on {each['date']}")
    return entry


CheckedEntry = Annotated[EntryDocument, AfterValidator(_ends_after_it_starts)]


@_strict
class Sitting(TypedDict):
    starts_at: Moment
    ends_at: Moment
    rooms: Annotated[Lines, _NONE]
    groups: Annotated[Groups, _NONE]


def _lasts(sitting: Sitting) -> Sitting:
    if parse_datetime(sitting["ends_at"]) <= parse_datetime(sitting["starts_at"]):
        raise ValueError("ends_at is not after starts_at")
    return sitting


CheckedSitting = Annotated[Sitting, AfterValidator(_lasts)]


@_strict
class ExamDocument(TypedDict):
    id: Identifier
    kind: Literal["written", "oral", "practical", "midterm", "other"]
    period: NotRequired[Line]
    sittings: Annotated[list[CheckedSitting], Few, FailFast(), _NONE]
    note: NotRequired[Text]


@_strict
class Translation(TypedDict):
    title: NotRequired[Line]
    description: NotRequired[Text]


@_strict
class CourseDocument(TypedDict):
    id: Identifier
    term: Identifier
    code: Annotated[str, StringConstraints(max_length=64)]
    title: Line
    description: NotRequired[Text]
    translations: Annotated[dict[Language, Translation], BeforeValidator(_few), Field(default_factory=dict)]
    credits: NotRequired[Credits]
    department: NotRequired[Line]
    level: NotRequired[Line]
    year: NotRequired[Annotated[int, Field(ge=-32_768, le=32_767)]]
    language: NotRequired[Line]
    teachers: Annotated[Lines, _NONE]
    url: NotRequired[Url]
    updated_at: NotRequired[Moment]
    entries: Annotated[list[CheckedEntry], Few, FailFast(), _NONE]
    exams: Annotated[list[ExamDocument], Few, FailFast(), _NONE]


def _ids_are_unique(course: CourseDocument) -> CourseDocument:
    entries, exams = course["entries"], course["exams"]
    if len({entry["id"] for entry in entries}) < len(entries):
        raise ValueError("entries name one id twice")
    if len({exam["id"] for exam in exams}) < len(exams):
        raise ValueError("exams name one id twice")
    return course


CheckedCourse = Annotated[CourseDocument, AfterValidator(_ids_are_unique)]


@_strict
class CourseReference(TypedDict):
    id: Identifier


@_strict
class SnapshotDocument(TypedDict):
    snapshot_id: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    term: Identifier
    page: Annotated[int, Field(ge=1, le=100_000)]
    pages: Annotated[int, Field(ge=1, le=100_000)]
    courses: Annotated[list[CheckedCourse], Field(max_length=MOST_COURSES), FailFast()]


def _is_one_page_of_one_term(snapshot: SnapshotDocument) -> SnapshotDocument:
    courses, term = snapshot["courses"], snapshot["term"]
    if snapshot["page"] > snapshot["pages"]:
        raise ValueError("page is greater than pages")
    if len({course["id"] for course in courses}) < len(courses):
        raise ValueError("courses name one id twice")
    if strangers := [course["id"] for course in courses if course["term"] != term]:
        raise ValueError(f"courses of another term: {', '.join(strangers[:5])}")
    return snapshot


CheckedSnapshot = Annotated[SnapshotDocument, AfterValidator(_is_one_page_of_one_term)]

TERM = Shape(CheckedTerm, periods=Shape(CheckedPeriod), day_overrides=Shape(DayOverride))
SITTING = Shape(CheckedSitting)
ENTRY = Shape(CheckedEntry, exceptions=Shape(EntryException))
EXAM = Shape(ExamDocument, sittings=SITTING)
COURSE = Shape(CheckedCourse, most=MOST_COURSES, entries=ENTRY, exams=EXAM)
COURSE_REFERENCE = Shape(CourseReference)
SNAPSHOT = Shape(CheckedSnapshot, courses=COURSE)


def guard_of(document: Json, happened_at: datetime) -> datetime:
    """Which of two versions is the newer one, on the source's clock."""
    return parse_datetime(document["updated_at"]) if "updated_at" in document else happened_at


def digest(canonical: Json) -> bytes:
    """SHA-256 of the canonical document: which of two versions with equal guards wins does not depend on their order."""
    return hashlib.sha256(orjson.dumps(canonical, option=orjson.OPT_SORT_KEYS)).digest()
