"""The public JSON of terms and courses, made once per change. It repeats the contract's names and shapes, absent fields as null.

Nothing in it is derived from another object: a holiday that moves touches no course.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import orjson

from apps.core.paging import Key, Page
from apps.courses.models.sourced import part_id_text, term_id

Json = dict[str, Any]


def to_text(document: Json) -> str:
    return orjson.dumps(document).decode()


def inside(items: Sequence[Json]) -> bytes:
    """The inside of the JSON array of these."""
    return orjson.dumps(items)[1:-1]


def term_json(*, id: UUID, document: Json) -> Json:
    return {
        "id": str(id),
        "external_id": document["id"],
        "name": document["name"],
        "starts_on": document["starts_on"],
        "ends_on": document["ends_on"],
        "time_zone": document["time_zone"],
        "periods": document["periods"],
        "day_overrides": document["day_overrides"],
        "updated_at": document.get("updated_at"),
    }


def course_json(*, id: UUID, source: str, document: Json) -> Json:
    return {
        "id": str(id),
        "external_id": document["id"],
        "term": str(term_id(source, document["term"])),
        "code": document["code"],
        "title": document["title"],
        "description": document.get("description"),
        "translations": document["translations"],
        "credits": document.get("credits"),
        "department": document.get("department"),
        "level": document.get("level"),
        "year": document.get("year"),
        "language": document.get("language"),
        "teachers": document["teachers"],
        "url": document.get("url"),
        "updated_at": document.get("updated_at"),
        "entries": [_entry_json(id, entry) for entry in document["entries"]],
        "exams": [_exam_json(id, exam) for exam in document["exams"]],
    }


def _entry_json(course: UUID, entry: Json) -> Json:
    return {
        "id": part_id_text(course, "entry", entry["id"]),
        "external_id": entry["id"],
        "kind": entry["kind"],
        "weekday": entry["weekday"],
        "starts_at": entry["starts_at"],
        "ends_at": entry["ends_at"],
        "rooms": entry["rooms"],
        "teachers": entry["teachers"],
        "groups": entry["groups"],
        "weeks": entry.get("weeks"),
        "valid_from": entry.get("valid_from"),
        "valid_until": entry.get("valid_until"),
        "online_url": entry.get("online_url"),
        "exceptions": entry["exceptions"],
    }


def _exam_json(course: UUID, exam: Json) -> Json:
    return {
        "id": part_id_text(course, "exam", exam["id"]),
        "external_id": exam["id"],
        "kind": exam["kind"],
        "period": exam.get("period"),
        "sittings": exam["sittings"],
        "note": exam.get("note"),
    }


def page_of(page: Page, items: Sequence[Json], keys: Iterable[Key]) -> bytes:
    """The page of items in memory, sorted by these keys."""
    shown, window = page.cut(items, keys)
    return page.envelope(inside(shown), window, count=len(items))
