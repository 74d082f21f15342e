"""Staff edits as a second layer: the one function that merges them into the source's document, and the one that makes them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import orjson

from apps.core.arrays import AnyOf, written
from apps.core.prepared import Prepared
from apps.courses.models import Override
from apps.courses.models.sourced import part_id
from apps.courses.payloads import COURSE, ENTRY, EXAM, TERM
from apps.courses.shapes import Faulty, Shape

Json = dict[str, Any]
Fields = Mapping[UUID, Json]

# What a course document holds: under which name, of which kind, in which shape.
PARTS: tuple[tuple[str, str, Shape], ...] = (("entries", "entry", ENTRY), ("exams", "exam", EXAM))


_OWNED = Prepared.all(
    lambda owners: Override.objects.filter(AnyOf("owner", owners)).values_list(
        "owner", "object_id", "fields"
    ),
    stand_ins=({"owners": "{1}"}, {"owners": "{2}"}),
)


def by_owner(owners: Iterable[UUID]) -> dict[UUID, dict[UUID, Json]]:
    """Overridden fields by object, for each term or course that has any."""
    found: dict[UUID, dict[UUID, Json]] = defaultdict(dict)
    for owner, object_id, fields in _OWNED(owners=written(owners)):
        found[owner][object_id] = orjson.loads(fields)
    return found


def merge(id: UUID, document: Json, fields: Fields) -> Json:
    """The effective document: the source's, with the fields staff have set. An override of a part that has gone does nothing."""
    if not fields:
        return document
    shape = COURSE if "entries" in document else TERM
    effective = dict(_laid_over(document, fields.get(id, {}), shape))
    for name, kind, part_shape in PARTS:
        if name in document:
            effective[name] = [
                _laid_over(part, fields.get(part_id(id, kind, part["id"]), {}), part_shape)
                for part in document[name]
            ]
    return effective


def _laid_over(source: Json, fields: Json, shape: Shape) -> Json:
    """An override that a newer document has made impossible, as it would end before it starts, lies idle until it fits again."""
    if not fields:
        return source
    effective = {**source, **fields}
    try:
        shape.read(effective)
    except Faulty:
        return source
    return effective
