"""Writing courses, entries, exams and changes as rows: one statement a table, whatever the number of rows."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from apps.courses.diff import NewChange
from apps.courses.models.sourced import Json

_COURSES = """
INSERT INTO courses_course (
    id, source, external_id, term_id, code, title, description, translations, credits, department, level, year, language, teachers,
    url, groups, search_text, source_document, document, guard, digest, tombstone, hidden, revision, listed_revision
)
SELECT id, source, external_id, term_id, code, title, description, translations, credits, department, level, year, language, teachers,
    url, groups, search_text, source_document, document, guard, decode(digest, 'hex'), tombstone, hidden, revision, listed_revision
FROM json_to_recordset(%s::json) AS new (
    id uuid, source text, external_id text, term_id uuid, code text, title text, description text, translations jsonb, credits float8,
    department text, level text, year int, language text, teachers text[], url text, groups text[], search_text text,
    source_document jsonb, document text, guard timestamptz, digest text, tombstone boolean, hidden boolean, revision bigint,
    listed_revision bigint
)
ON CONFLICT (id) DO UPDATE SET
    term_id = excluded.term_id, code = excluded.code, title = excluded.title, description = excluded.description,
    translations = excluded.translations, credits = excluded.credits, department = excluded.department, level = excluded.level,
    year = excluded.year, language = excluded.language, teachers = excluded.teachers, url = excluded.url, groups = excluded.groups,
    search_text = excluded.search_text, source_document = excluded.source_document, document = excluded.document,
    guard = excluded.guard, digest = excluded.digest, tombstone = excluded.tombstone, hidden = excluded.hidden,
    revision = excluded.revision, listed_revision = excluded.listed_revision
"""

_GUARDS = """
UPDATE courses_course SET guard = new.guard, digest = decode(new.digest, 'hex'),
    source_document = coalesce(new.source_document, courses_course.source_document)
FROM json_to_recordset(%s::json) AS new (id uuid, guard timestamptz, digest text, source_document jsonb)
WHERE courses_course.id = new.id
"""

_ENTRIES = """
INSERT INTO courses_entry (
    id, course_id, external_id, position, kind, weekday, starts_at, ends_at, rooms, teachers, groups, weeks, valid_from, valid_until,
    online_url, exceptions
)
SELECT id, course_id, external_id, position, kind, weekday, starts_at, ends_at, rooms, teachers, groups, weeks, valid_from, valid_until,
    online_url, exceptions
FROM json_to_recordset(%s::json) AS new (
    id uuid, course_id uuid, external_id text, position int, kind text, weekday int, starts_at time, ends_at time, rooms text[],
    teachers text[], groups text[], weeks int[], valid_from date, valid_until date, online_url text, exceptions jsonb
)
ON CONFLICT (id) DO UPDATE SET
    position = excluded.position, kind = excluded.kind, weekday = excluded.weekday, starts_at = excluded.starts_at,
    ends_at = excluded.ends_at, rooms = excluded.rooms, teachers = excluded.teachers, groups = excluded.groups,
    weeks = excluded.weeks, valid_from = excluded.valid_from, valid_until = excluded.valid_until, online_url = excluded.online_url,
    exceptions = excluded.exceptions
"""

_EXAMS = """
INSERT INTO courses_exam (id, course_id, external_id, position, kind, period, sittings, note)
SELECT id, course_id, external_id, position, kind, period, sittings, note
FROM json_to_recordset(%s::json) AS new (
    id uuid, course_id uuid, external_id text, position int, kind text, period text, sittings jsonb, note text
)
ON CONFLICT (id) DO UPDATE SET
    position = excluded.position, kind = excluded.kind, period = excluded.period, sittings = excluded.sittings, note = excluded.note
"""

# The ledger only grows, so it needs no upsert: a faculty has a hundred thousand rows at once.
_CHANGES = (
    "COPY courses_change (revision, course_id, term_id, kind, object_id, field, old, new, dates) FROM STDIN"
)


def write_courses(rows: Sequence[Json]) -> None:
    """Each row: the columns by name, `digest` in hexadecimal."""
    _write(_COURSES, rows)


def touch_courses(rows: Sequence[Json]) -> None:
    """Newer versions that read the same: the guard moves, and the digest and document that go with it; one without a document keeps its own."""
    _write(_GUARDS, rows)


def replace_parts(documents: Mapping[UUID, Json | None]) -> None:
    """Make the entries and exams of these courses what their public documents say; a course without one keeps none."""
    if not documents:
        return
    for table, name, statement in (("courses_entry", "entries", _ENTRIES), ("courses_exam", "exams", _EXAMS)):
        parts = [
            {**part, "course_id": str(course), "position": position}
            for course, document in documents.items()
            for position, part in enumerate((document or {}).get(name, []))
        ]
        with connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM {table} WHERE course_id = ANY(%s::uuid[]) AND NOT id = ANY(%s::uuid[])",  # noqa: S608  # a literal of this file
                [_array(documents), _array(part["id"] for part in parts)],
            )
        _write(statement, parts)


def write_changes(changes: Sequence[NewChange]) -> None:
    """In this order, which their ids tell."""
    if not changes:
        return
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(_CHANGES) as copy:
        for change in changes:
            copy.write_row(
                (
                    str(change.change_set_id),
                    change.course_id and str(change.course_id),
                    change.term_id and str(change.term_id),
                    str(change.kind),
                    str(change.object_id),
                    change.field,
                    None if change.old is None else orjson.dumps(change.old).decode(),
                    None if change.new is None else orjson.dumps(change.new).decode(),
                    _array(change.dates),
                )
            )


def _array(values: Iterable[UUID | str | date]) -> str:
    """As PostgreSQL writes it; these values need no quotes. psycopg would look at each of a list of ten thousand."""
    return f"{{{','.join(map(str, values))}}}"


def _write(statement: str, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(statement, [orjson.dumps(rows).decode()])
