"""Writing courses, entries, exams and changes as rows: one statement a table, whatever the number of rows.

What is new is copied: PostgreSQL takes half as long for it as for an insert from json. Nobody else can be adding the same, since the
caller holds the lock of the revision and saw under it what is there.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from uuid import UUID

import psycopg
from django.db import connection

from apps.core.arrays import written
from apps.core.prepared import preparing_cursor
from apps.courses.copying import Table, copy_rows, to_json
from apps.courses.diff import NewChange
from apps.courses.models.sourced import Json

_COURSE = """
    id uuid, source text, external_id text, term_id uuid, code text, title text, description text, translations jsonb, credits float8,
    department text, level text, year int, language text, teachers text[], url text, groups text[], search_text text,
    source_document jsonb, document text, guard timestamptz, digest bytea, tombstone boolean, hidden boolean, revision bigint,
    listed_revision bigint
"""
_COURSES = Table("courses_course", _COURSE)
_PARTS = {
    "entries": Table(
        "courses_entry",
        """
        id uuid, course_id uuid, external_id text, position int, kind text, weekday int, starts_at time, ends_at time, rooms text[],
        teachers text[], groups text[], weeks int[], valid_from date, valid_until date, online_url text, exceptions jsonb
        """,
    ),
    "exams": Table(
        "courses_exam",
        "id uuid, course_id uuid, external_id text, position int, kind text, period text, sittings jsonb, note text",
    ),
}

# Not an upsert, which works out the generated columns twice.
_CHANGED = f"""
UPDATE courses_course SET
    term_id = new.term_id, code = new.code, title = new.title, description = new.description, translations = new.translations,
    credits = new.credits, department = new.department, level = new.level, year = new.year, language = new.language,
    teachers = new.teachers, url = new.url, groups = new.groups, search_text = new.search_text,
    source_document = new.source_document, document = new.document, guard = new.guard, digest = new.digest,
    tombstone = new.tombstone, hidden = new.hidden, revision = new.revision, listed_revision = new.listed_revision
FROM json_to_recordset(%s::json) AS new ({_COURSE})
WHERE courses_course.id = new.id
"""  # noqa: S608  # literals of this file

_TOUCHED = """
UPDATE courses_course SET guard = new.guard, digest = new.digest,
    source_document = coalesce(new.source_document, courses_course.source_document)
FROM json_to_recordset(%s::json) AS new (id uuid, guard timestamptz, digest bytea, source_document jsonb)
WHERE courses_course.id = new.id
"""

# The ledger only grows: a faculty has a hundred thousand rows at once.
_CHANGES = (
    "COPY courses_change (revision, course_id, term_id, kind, object_id, field, old, new, dates) FROM STDIN"
)


def add_courses(rows: Sequence[Json]) -> None:
    """Each row: the columns by name, `digest` as PostgreSQL writes it."""
    _COURSES.copy(rows)


def change_courses(rows: Sequence[Json]) -> None:
    """Rows as for add_courses()."""
    _update(_CHANGED, rows)


def touch_courses(rows: Sequence[Json]) -> None:
    """Newer versions that read the same: the guard moves, and the digest and document that go with it; one without a document keeps its own."""
    _update(_TOUCHED, rows)


def replace_parts(documents: Mapping[UUID, Json | None]) -> None:
    """Make the entries and exams of these courses what their public documents say; a course without one keeps none.

    All go and come anew, also those that stay as they are: an upsert of them takes half as long again.
    """
    if not documents:
        return
    by_course = {str(id): document for id, document in documents.items()}
    for name, table in _PARTS.items():
        with preparing_cursor() as cursor:
            cursor.execute(
                f"DELETE FROM {table.name} WHERE course_id = ANY(%s::uuid[])",  # noqa: S608  # a literal of this file
                [written(by_course)],
            )
        table.copy(
            [
                {**part, "course_id": course, "position": position}
                for course, document in by_course.items()
                for position, part in enumerate((document or {}).get(name, []))
            ]
        )


def write_changes(changes: Sequence[NewChange]) -> None:
    """In this order, which their ids tell."""
    copy_rows(
        _CHANGES,
        [
            (
                str(change.change_set_id),
                change.course_id and str(change.course_id),
                change.term_id and str(change.term_id),
                str(change.kind),
                str(change.object_id),
                change.field,
                None if change.old is None else to_json(change.old),
                None if change.new is None else to_json(change.new),
                written(map(_day, change.dates)),
            )
            for change in changes
        ],
    )


@lru_cache(maxsize=4096)
def _day(day: date) -> str:
    """Of all days that a timetable names there are only so many, and a course touches seventy of them."""
    return day.isoformat()


def _update(statement: str, rows: Sequence[Json]) -> None:
    if rows:
        # Django's own cursor writes the text into the statement, with every quote and backslash doubled; this one sends it beside.
        with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
            cursor.execute(statement, [to_json(rows)])
