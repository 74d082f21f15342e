"""The tables of the forms: what is a list of objects or a mapping in a document."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError

from apps.courses.admin.fields import NONE_AT_ALL
from apps.courses.admin.rows import Column, Rows
from apps.courses.admin.wording import WEEKDAYS
from apps.courses.models.sourced import Json


def choices(*values: str) -> dict[str, str]:
    return {value: value for value in values}


ROOMS = Column(name="rooms", label="Rooms, one a line", input_type="lines")
GROUPS = Column(name="groups", label="Groups, one a line", input_type="lines")
TEACHERS = Column(name="teachers", label="Teachers, one a line", input_type="lines")


def periods() -> Rows:
    return Rows(
        Column(name="kind", label="Kind", choices=choices("teaching", "exams", "holiday")),
        Column(name="name", label="Name"),
        Column(name="starts_on", label="First day", input_type="date"),
        Column(name="ends_on", label="Last day", input_type="date"),
    )


def day_overrides() -> Rows:
    return Rows(
        Column(name="date", label="Date", input_type="date"),
        Column(name="taught_as", label="Taught as a", choices=WEEKDAYS),
    )


def exceptions() -> Rows:
    return Rows(
        Column(name="date", label="Date", input_type="date"),
        Column(name="status", label="What", choices=choices("cancelled", "moved", "added")),
        Column(name="new_date", label="New date", input_type="date"),
        Column(name="starts_at", label="Starts at", input_type="time"),
        Column(name="ends_at", label="Ends at", input_type="time"),
        ROOMS,
        TEACHERS,
        Column(name="note", label="Note", input_type="paragraph"),
        help_text=f"What is left empty stays as on other days; {NONE_AT_ALL} for no rooms or no teachers.",
    )


class Translations(Rows):
    """A mapping of languages in the document, a row each in the table."""

    def __init__(self) -> None:
        super().__init__(
            Column(name="language", label="Language"),
            Column(name="title", label="Title"),
            Column(name="description", label="Description", input_type="paragraph"),
        )

    def objects(self, value: Any) -> Iterable[Json]:
        if isinstance(value, dict):
            return [{"language": language, **texts} for language, texts in value.items()]
        return value or []

    def to_python(self, value: Any) -> Any:
        rows = super().to_python(value)
        if not all(row["language"] for row in rows):
            raise ValidationError("Every translation needs its language.")
        return {row.pop("language"): row for row in rows}


class Sittings(Rows):
    """Shown and read in the zone of the term, whatever offset the source wrote."""

    zone = ZoneInfo("UTC")

    def __init__(self) -> None:
        super().__init__(
            Column(name="starts_at", label="Starts at", input_type="datetime-local"),
            Column(name="ends_at", label="Ends at", input_type="datetime-local"),
            ROOMS,
            GROUPS,
        )

    def write(self, column: Column, value: Any) -> str:
        text = super().write(column, value)
        if column.input_type != "datetime-local" or not text:
            return text
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return text
        return (moment.astimezone(self.zone) if moment.tzinfo else moment).isoformat()[:16]

    def read(self, column: Column, cell: str) -> Any:
        value = super().read(column, cell)
        if column.input_type != "datetime-local" or not value:
            return value
        try:
            return datetime.fromisoformat(value).replace(tzinfo=self.zone).isoformat()
        except ValueError as error:
            raise ValidationError(f"{value} is not a date and time.") from error
