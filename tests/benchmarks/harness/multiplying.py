"""A large catalogue from a small one, by copying rows: what the write path makes of 2,000 courses it makes of 100,000, only later."""

from typing import Any

import psycopg

# A copy has ids, external id and code of its own, in its columns and in its documents.
_COURSES = """
INSERT INTO courses_course (
    id, source, external_id, term_id, code, title, description, translations, credits, department, level, year, language, teachers, url,
    groups, search_text, source_document, document, guard, digest, tombstone, hidden, revision, listed_revision
)
SELECT md5(copy || id::text)::uuid, source, external_id || '-' || copy, term_id, code || '-' || copy, title, description, translations,
    credits, department, level, year, language, teachers, url, groups, replace(search_text, lower(code), lower(code) || copy),
    source_document,
    replace(replace(document, id::text, md5(copy || id::text)::uuid::text), '"' || code || '"', '"' || code || '-' || copy || '"'),
    guard, digest, tombstone, hidden, revision, listed_revision
FROM courses_course, generate_series(1, %(times)s - 1) AS copy
"""
_ENTRIES = """
INSERT INTO courses_entry
SELECT md5(copy || entry.id::text)::uuid, external_id, position, kind, weekday, starts_at, ends_at, rooms, teachers, groups, weeks,
    valid_from, valid_until, online_url, exceptions, md5(copy || course_id::text)::uuid
FROM courses_entry AS entry, generate_series(1, %(times)s - 1) AS copy
"""


def multiply(connection: psycopg.Connection[Any], times: int) -> None:
    with connection.transaction():
        connection.execute(_COURSES, {"times": times})
        connection.execute(_ENTRIES, {"times": times})
