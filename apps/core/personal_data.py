"""What we hold about a person, told by the apps that hold it: PERSONAL_DATA in the settings names one PersonalData for each.

A test walks every model that leads to a user, and wants each of its fields either in a section or among what is left out, with a reason.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, QuerySet
from django.utils.module_loading import import_string

BATCH = 500

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Section:
    """One list of the document, or with `single` one object or null: these `fields` of these rows, in the order of the rows.

    `more` is what is worked out from a batch of rows, one object for each, which may say more clearly what a field says.
    """

    name: str
    rows: QuerySet[Any]
    fields: tuple[str, ...]
    single: bool = False
    more: Callable[[Sequence[Any]], Iterable[Json]] | None = None

    def shown(self, batch: Sequence[Model]) -> Iterator[Json]:
        more = self.more(batch) if self.more else ({} for _ in batch)
        for row, worked_out in zip(batch, more, strict=True):
            yield {name: row.serializable_value(name) for name in self.fields} | worked_out


@dataclass(frozen=True, slots=True)
class PersonalData:
    """`left_out`: the reason why a model (`app.Model`) or a field (`app.Model.field`) is in no section."""

    sections: Callable[[UUID], Sequence[Section]]
    left_out: Mapping[str, str]


def registered() -> list[PersonalData]:
    return [import_string(path) for path in settings.PERSONAL_DATA]


def sections_of(user: UUID) -> list[Section]:
    return [section for held in registered() for section in held.sections(user)]


def has_more_rows_than(limit: int, sections: Iterable[Section]) -> bool:
    """Counts no further than it has to."""
    for section in sections:
        limit -= section.rows.order_by()[: limit + 1].count()
        if limit < 0:
            return True
    return False


def document(head: Json, sections: Iterable[Section]) -> Iterator[bytes]:
    """One JSON object, a batch of rows at a time: `head`, then each section under its name."""
    yield _encoded(head)[:-1]
    for section in sections:
        yield f',"{section.name}":'.encode()
        yield from _single(section) if section.single else _listed(section)
    yield b"}"


def _single(section: Section) -> Iterator[bytes]:
    row = section.rows.first()
    yield _encoded(next(section.shown([row])) if row else None)


def _listed(section: Section) -> Iterator[bytes]:
    opening = b"["
    rows = section.rows.iterator(chunk_size=BATCH)
    while batch := list(islice(rows, BATCH)):
        for shown in section.shown(batch):
            yield opening + _encoded(shown)
            opening = b","
    yield b"]" if opening == b"," else b"[]"


def _encoded(value: Any) -> bytes:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":")).encode()
