"""Pages of querysets by the keys of their rows, so that PostgreSQL reads no row before the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError as FieldError
from django.db.models import DateField, F, IntegerField, Model, Q, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from rest_framework.exceptions import ValidationError

from apps.core.paging import NO_CURSOR, Key, Page, Position, Window

# What a missing value is sorted as: after all others, as PostgreSQL does.
_MISSING: Mapping[type, Any] = {IntegerField: 2**31 - 1, DateField: date.max}


@dataclass(frozen=True, slots=True)
class Column:
    """One part of the key, never null."""

    name: str
    value: Combinable
    descending: bool


def columns(rows: QuerySet[Any, Any], *default: str) -> list[Column]:
    """Of the queryset's own order, or of `default` (fields, with a minus for descending ones), and of the primary key to end all ties."""
    found = []
    parts = list(rows.query.order_by or default)
    if parts[-1:] not in (["pk"], ["-pk"], ["id"], ["-id"]):
        parts.append("pk")
    for number, part in enumerate(parts):
        name = f"key_{number}"
        if isinstance(part, str):
            found.append(Column(name, _value(rows.model, part.removeprefix("-")), part.startswith("-")))
        else:
            found.append(Column(name, part, descending=False))
    return found


def _value(model: type[Model], field: str) -> Combinable:
    if field == "pk":
        return F(field)
    column = model._meta.get_field(field)  # noqa: SLF001  # documented by Django
    return Coalesce(F(field), Value(_MISSING[type(column)])) if column.null else F(field)


def cut(page: Page, rows: QuerySet[Any, Any], key: Sequence[Column]) -> QuerySet[Any, Any]:
    """The page's rows and one more, annotated with their key, those nearest to the position first. Raises ValidationError naming `cursor`."""
    backwards = is_backwards(page)
    keyed = rows.annotate(**{column.name: column.value for column in key})
    if page.position:
        try:
            keyed = keyed.filter(_beyond(page.position, key))
        except (FieldError, ValueError, TypeError) as error:
            raise ValidationError({"cursor": [NO_CURSOR]}) from error
    ordered = keyed.order_by(
        *(f"{'-' if column.descending != backwards else ''}{column.name}" for column in key)
    )
    start = (page.number - 1) * page.size
    found: QuerySet[Any, Any] = ordered[start : start + page.size + 1]
    return found


def is_backwards(page: Page) -> bool:
    """Whether `cut` gives the rows from last to first."""
    return page.position is not None and not page.position.after


def window(page: Page, keys: Sequence[Key], *, more: bool) -> Window:
    """Of the shown rows of `cut`, in its order; `more` when it gave one beyond them."""
    if is_backwards(page):
        return page.window(keys[::-1], earlier=more, later=True)
    return page.window(keys, earlier=page.position is not None or page.number > 1, later=more)


def plain(value: Any) -> str | int | float:
    """Of a key, as a position holds it."""
    return value if isinstance(value, (int, float)) else str(value)


def _beyond(position: Position, key: Sequence[Column]) -> Q:
    """Raises ValueError for a key of another list."""
    beyond = Q()
    for column, value in reversed(list(zip(key, position.key, strict=True))):
        step = "gt" if position.after != column.descending else "lt"
        beyond = Q((f"{column.name}__{step}", value)) | (Q((column.name, value)) & beyond if beyond else Q())
    # Follows from the above, and is what an index understands.
    first = key[0]
    step = "gte" if position.after != first.descending else "lte"
    return Q((f"{first.name}__{step}", position.key[0])) & beyond
