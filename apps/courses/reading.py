"""Reading from PostgreSQL together with the revision read: one statement, so the two cannot disagree."""

import json
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

Json = dict[str, Any]


def documents(page: QuerySet[Any], matching: QuerySet[Any]) -> tuple[int, int, str]:
    """(revision, how many match, the page's documents as the inside of a JSON array), without parsing any of them.

    Both querysets are of a model with `document`; the page is sliced and ordered.
    """
    page_sql, page_params = _sql(page.values("document"))
    count_sql, count_params = _sql(matching.order_by().values("pk"))
    found: tuple[int, int, str] = _row(
        f"SELECT (SELECT n FROM courses_revision), (SELECT count(*) FROM ({count_sql}) AS matching), "
        f"(SELECT coalesce(string_agg(document, ','), '') FROM ({page_sql}) AS page)",
        (*count_params, *page_params),
    )
    return found


def rows(**querysets: QuerySet[Any, Any]) -> tuple[int, dict[str, list[Json]]]:
    """(revision, the rows of each queryset of values() as JSON values: UUIDs, dates and times are text)."""
    statements = {name: _sql(queryset) for name, queryset in querysets.items()}
    columns = ", ".join(f"(SELECT json_agg(r) FROM ({sql}) AS r)" for sql, _ in statements.values())
    found = _row(
        f"SELECT (SELECT n FROM courses_revision), {columns}",
        tuple(param for _, params in statements.values() for param in params),
    )
    return found[0], {name: _parsed(value) for name, value in zip(statements, found[1:], strict=True)}


def _sql(queryset: QuerySet[Any, Any]) -> tuple[str, tuple[Any, ...]]:
    try:
        sql, params = queryset.query.sql_with_params()
    except EmptyResultSet:
        return "SELECT NULL::text AS document WHERE false", ()
    return sql, tuple(params)


def _row(sql: str, params: tuple[Any, ...]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchone()


def _parsed(value: Any) -> list[Json]:
    found: list[Json] = json.loads(value) if isinstance(value, str) else value or []
    return found
