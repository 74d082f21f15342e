"""A form field for a list of small objects: a table, one row an object, with spare rows to fill in."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import BASE_INPUT_CLASSES

from apps.courses.admin.fields import NONE_AT_ALL, lines
from apps.courses.models.sourced import Json

SPARE_ROWS = 2
Cells = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One field of the objects. `input_type` is HTML's, `paragraph`, or `lines` for a list of texts; `choices` make it a select."""

    name: str
    label: str
    input_type: str = "text"
    choices: Mapping[Any, str] | None = None

    def write(self, value: Any) -> str:
        if isinstance(value, list):
            return "\n".join(value) or NONE_AT_ALL
        return "" if value is None else str(value)

    def read(self, cell: str) -> Any:
        """None when the cell is empty: what is not said is absent."""
        if "\0" in cell:
            raise ValidationError("Null characters are not allowed.")
        cell = cell.replace("\r\n", "\n").strip()
        if not cell:
            return None
        if self.input_type == "lines":
            return [] if cell == NONE_AT_ALL else lines(cell)
        return next((value for value in self.choices or {} if str(value) == cell), cell)


class RowsWidget(forms.Widget):
    template_name = "courses/admin/rows.html"

    def __init__(self, columns: Iterable[Column]) -> None:
        super().__init__()
        self.columns = list(columns)

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[Cells]:
        """Rows are numbered by the form itself; the first that is not there ends them."""
        found: list[Cells] = []
        while any(f"{name}-{len(found)}-{column.name}" in data for column in self.columns):
            found.append(
                {column.name: data.get(f"{name}-{len(found)}-{column.name}", "") for column in self.columns}
            )
        return found

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return False

    def id_for_label(self, id_: str) -> str:
        return ""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        filled = [row for row in value or [] if any(row.values())]
        context["widget"] |= {
            "columns": self.columns,
            "input_class": " ".join(BASE_INPUT_CLASSES),
            "rows": [
                [
                    (column, f"{name}-{number}-{column.name}", row.get(column.name, ""))
                    for column in self.columns
                ]
                for number, row in enumerate([*filled, *({} for _ in range(SPARE_ROWS))])
            ],
        }
        return context


class HiddenRows(forms.HiddenInput):
    """The rows as the page first showed them, to tell what has been changed in it."""

    def format_value(self, value: Any) -> str:
        return value if isinstance(value, str) else json.dumps(value)


class Rows(forms.Field):
    hidden_widget = HiddenRows

    def __init__(self, *columns: Column, help_text: str = "") -> None:
        self.columns = columns
        spare = "An emptied row is left out. Saving adds spare rows."
        super().__init__(required=False, widget=RowsWidget(columns), help_text=f"{help_text} {spare}".strip())

    def prepare_value(self, value: Any) -> Any:
        """Documents become cells; cells, as a form sends them, stay what they are."""
        if isinstance(value, str):
            return value
        return [
            {column.name: self.write(column, row.get(column.name)) for column in self.columns}
            for row in self.objects(value)
        ]

    def objects(self, value: Any) -> Iterable[Json]:
        return value or []

    def write(self, column: Column, value: Any) -> str:
        return column.write(value)

    def read(self, column: Column, cell: str) -> Any:
        return column.read(cell)

    def to_python(self, value: Any) -> Any:
        """From cells, or from the JSON of a hidden field, to objects."""
        found = []
        for number, row in enumerate(_cells(value), start=1):
            try:
                found.append(
                    {column.name: self.read(column, row.get(column.name, "")) for column in self.columns}
                )
            except ValidationError as error:
                raise ValidationError(f"row {number}: {error.messages[0]}") from error
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != initial)
        except ValidationError:
            return True


def _cells(value: Any) -> list[Cells]:
    try:
        rows = json.loads(value) if isinstance(value, str) else value or []
        return [row for row in rows if any(row.values())]
    except (ValueError, AttributeError, TypeError) as error:
        raise ValidationError("This is not a table.") from error
