"""The course service's documents as typed data. The fields are described in docs/webhooks.md.

Unknown fields are ignored, null means absent, and every fault is reported with its place. Bounds on lengths that the contract leaves
open are generous; they keep any accepted document within what PostgreSQL can index.
"""

import hashlib
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticOmit

from apps.courses.moments import check_date, check_time, parse_datetime


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("is not an IANA time zone") from error
    return value


def _whole(value: float) -> float:
    """6.0 and 6 are one number, so that both give one digest."""
    return int(value) if value == int(value) else value


Identifier = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Group = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Line = Annotated[str, StringConstraints(max_length=500)]
Text = Annotated[str, StringConstraints(max_length=20_000)]
Url = Annotated[str, StringConstraints(max_length=2_000, pattern=r"^https?://")]
Date = Annotated[str, AfterValidator(check_date)]
Time = Annotated[str, AfterValidator(check_time)]
DateTime = Annotated[datetime, BeforeValidator(parse_datetime)]
Zone = Annotated[Line, AfterValidator(_zone)]
Credits = Annotated[int | float, Field(ge=0, le=1_000), AfterValidator(_whole)]
Weekday = Annotated[int, Field(ge=1, le=7)]
# Far above what a course has, and low enough that a list of the wrong things is one fault and not a million.
Few = Field(max_length=1_000)
# Not [], of which pydantic would make a deep copy for every object that lacks it.
_NONE: Any = Field(default_factory=list)
Lines = Annotated[list[Line], Few]
Groups = Annotated[list[Group], Few]


def _without_nulls(value: Any) -> Any:
    if not isinstance(value, dict) or None not in value.values():
        return value
    return {key: item for key, item in value.items() if item is not None}


class FaultLimit:
    """Given as the context of model_validate(): once so many faults are found, no further object is looked at.

    A body of a few megabytes can have millions, which would take minutes and gigabytes to collect.
    """

    def __init__(self, faults: int) -> None:
        self.left = faults


class Document(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    @model_validator(mode="wrap")
    @classmethod
    def _null_is_absent(
        cls, value: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo[Any]
    ) -> Self:
        limit = info.context
        if not isinstance(limit, FaultLimit):
            return handler(_without_nulls(value))
        if limit.left <= 0:
            raise PydanticOmit
        try:
            return handler(_without_nulls(value))
        except ValidationError as error:
            limit.left -= error.error_count()
            raise

    def canonical(self) -> dict[str, Any]:
        """The document as JSON values: known fields only, absent ones left out, one spelling per value."""
        return self.model_dump(mode="json", exclude_none=True)


def digest(canonical: dict[str, Any]) -> bytes:
    """SHA-256 of the canonical document: which of two versions with equal guards wins does not depend on their order."""
    return hashlib.sha256(orjson.dumps(canonical, option=orjson.OPT_SORT_KEYS)).digest()


class Period(Document):
    kind: Literal["teaching", "exams", "holiday"]
    name: Line = ""
    starts_on: Date
    ends_on: Date

    @model_validator(mode="after")
    def _runs_forward(self) -> Self:
        if self.ends_on < self.starts_on:
            raise ValueError("ends_on is before starts_on")
        return self


class DayOverride(Document):
    date: Date
    taught_as: Weekday


class TermDocument(Document):
    id: Identifier
    name: Annotated[str, StringConstraints(max_length=200)]
    starts_on: Date
    ends_on: Date
    time_zone: Zone
    periods: Annotated[list[Period], Few] = _NONE
    day_overrides: Annotated[list[DayOverride], Few] = _NONE
    updated_at: DateTime | None = None

    @model_validator(mode="after")
    def _has_sensible_length(self) -> Self:
        if not 0 <= (date.fromisoformat(self.ends_on) - date.fromisoformat(self.starts_on)).days <= 731:
            raise ValueError("ends_on must be on or after starts_on, and at most two years later")
        return self


class EntryException(Document):
    date: Date
    status: Literal["cancelled", "moved", "added"]
    new_date: Date | None = None
    starts_at: Time | None = None
    ends_at: Time | None = None
    rooms: Lines | None = None
    teachers: Lines | None = None
    note: Text | None = None


class EntryDocument(Document):
    id: Identifier
    kind: Literal["lecture", "exercise", "lab", "seminar", "other"]
    weekday: Weekday
    starts_at: Time
    ends_at: Time
    rooms: Lines = _NONE
    teachers: Lines = _NONE
    groups: Groups = _NONE
    weeks: Annotated[list[Annotated[int, Field(ge=1, le=110)]], Few] | None = None
    valid_from: Date | None = None
    valid_until: Date | None = None
    online_url: Url | None = None
    exceptions: Annotated[list[EntryException], Few] = _NONE

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise ValueError("ends_at is not after starts_at")
        for each in self.exceptions:
            if each.ends_at and each.ends_at <= (each.starts_at or self.starts_at):
                raise ValueError(f"exceptions have an ends_at that is not after starts_at, on {each.date}")
        return self


class Sitting(Document):
    starts_at: DateTime
    ends_at: DateTime
    rooms: Lines = _NONE
    groups: Groups = _NONE

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise ValueError("ends_at is not after starts_at")
        return self


class ExamDocument(Document):
    id: Identifier
    kind: Literal["written", "oral", "practical", "midterm", "other"]
    period: Line | None = None
    sittings: Annotated[list[Sitting], Few] = _NONE
    note: Text | None = None


class Translation(Document):
    title: Line | None = None
    description: Text | None = None


Translations = Annotated[
    dict[Annotated[str, StringConstraints(max_length=35)], Translation], Few, BeforeValidator(_without_nulls)
]


class CourseDocument(Document):
    id: Identifier
    term: Identifier
    code: Annotated[str, StringConstraints(max_length=64)]
    title: Line
    description: Text | None = None
    translations: Translations = Field(default_factory=dict)
    credits: Credits | None = None
    department: Line | None = None
    level: Line | None = None
    year: Annotated[int, Field(ge=-32_768, le=32_767)] | None = None
    language: Line | None = None
    teachers: Lines = _NONE
    url: Url | None = None
    updated_at: DateTime | None = None
    entries: Annotated[list[EntryDocument], Few] = _NONE
    exams: Annotated[list[ExamDocument], Few] = _NONE

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        for name, parts in (("entries", self.entries), ("exams", self.exams)):
            if len({part.id for part in parts}) < len(parts):
                raise ValueError(f"{name} name one id twice")
        return self


class CourseReference(Document):
    id: Identifier


class SnapshotDocument(Document):
    snapshot_id: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    term: Identifier
    page: Annotated[int, Field(ge=1, le=100_000)]
    pages: Annotated[int, Field(ge=1, le=100_000)]
    courses: Annotated[list[CourseDocument], Field(max_length=50_000)]

    @model_validator(mode="after")
    def _is_one_page_of_one_term(self) -> Self:
        if self.page > self.pages:
            raise ValueError("page is greater than pages")
        if len({course.id for course in self.courses}) < len(self.courses):
            raise ValueError("courses name one id twice")
        if strangers := [course.id for course in self.courses if course.term != self.term]:
            raise ValueError(f"courses of another term: {', '.join(strangers[:5])}")
        return self
