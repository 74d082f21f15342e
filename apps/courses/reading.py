"""Reading from PostgreSQL together with the revision read: one statement, so the two cannot disagree."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self, cast
from uuid import UUID

import orjson
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from apps.core import keyset
from apps.core.copies import NEVER
from apps.core.lru import BoundedBytes
from apps.core.paging import Page, Window
from apps.core.prepared import Prepared, preparing_cursor
from apps.courses import counting

Json = dict[str, Any]
Statement = tuple[str, tuple[Any, ...]]

_CAPACITY = 1 << 19
_ROOM_OF_PARAMETERS = 800


@dataclass(frozen=True, slots=True)
class Documents:
    """How many match, and a page of them: the inside of a JSON array, where they lie, and their ids."""

    revision: int
    count: int
    results: str
    window: Window
    ids: list[str]


@dataclass(frozen=True, slots=True)
class Question:
    """A page of a list, in SQL: what is on it, and what the whole list is. `names` are those of the key's columns.

    If it is `prepared`, PostgreSQL keeps its plan, which took twice as long to make as to follow. The number of a later page stands in
    the statement itself, so those are not: they would drive out the others.
    """

    page: Statement
    list: Statement
    names: str
    prepared: bool

    @classmethod
    def of(cls, page: Page, matching: QuerySet[Any], *default: str, alike: bool = True) -> Self:
        """The queryset is of a model with `document`, in its own order or else in the `default` one.

        `alike` are those that one plan suits, whatever values they are asked with.
        """
        key = keyset.columns(matching, *default)
        names = [column.name for column in key]
        on_it = _sql(keyset.cut(page, matching, key).values("document", *names))
        whole = _sql(matching.order_by().values("pk"))
        return cls(on_it, whole, ", ".join(names), prepared=alike and page.number == 1)


class Questions:
    """Those of one list, kept by the query they come from. To put one together is a fifth of answering it, and it never changes."""

    def __init__(self, *default: str) -> None:
        self._default = default
        self._kept: BoundedBytes[str, Question] = BoundedBytes(_CAPACITY)

    def of(self, page: Page, matching: Callable[[], QuerySet[Any]], *, alike: bool = True) -> Question:
        """`matching` and `alike` follow from the query of the page alone; the former may raise an exception."""
        if (kept := self._kept.get(page.query)) is None:
            kept = Question.of(page, matching(), *self._default, alike=alike)
            size = sum(map(len, (page.query, kept.page[0], kept.list[0]))) + _ROOM_OF_PARAMETERS
            self._kept.put(page.query, kept, size=size, deadline=NEVER)
        return kept


def documents(page: Page, question: Question) -> Documents:
    """Without parsing any of them."""
    page_sql, page_params = question.page
    count_sql, count_params = counting.counted(*question.list)
    direction = "DESC" if keyset.is_backwards(page) else "ASC"
    revision, count, results, keys, fetched = _row(
        f"SELECT (SELECT n FROM courses_revision), {count_sql}, "
        f"coalesce(string_agg(document, ',' ORDER BY place {direction}) FILTER (WHERE place <= {page.size}), ''), "
        f"(json_agg(json_build_array({question.names}) ORDER BY place) FILTER (WHERE place <= {page.size}))::text, count(*) "
        f"FROM (SELECT row_number() OVER () AS place, found.* FROM ({page_sql}) AS found) AS page",
        (*count_params, *page_params),
        prepared=question.prepared,
    )
    counting.keep(*question.list, revision=revision, count=count)
    keys = [tuple(each) for each in _parsed(keys)]
    window = keyset.window(page, keys, more=fetched > page.size)
    return Documents(revision, count, results, window, [str(key[-1]) for key in keys])


class PreparedDocument:
    """The document of one row of a queryset, prepared as PreparedRows are."""

    def __init__(self, rows: QuerySet[Any, Any]) -> None:
        def statement(id: UUID) -> Statement:
            sql, params = _sql(rows.filter(pk=id).values("document"))
            return f"SELECT (SELECT n FROM courses_revision), coalesce(({sql}), '')", params

        self._prepared = Prepared(statement, stand_ins=({"id": UUID(int=1)}, {"id": UUID(int=2)}))

    def read(self, id: UUID) -> tuple[int, str]:
        """(revision, the document or nothing), without parsing it."""
        revision, document = cast("tuple[int, str]", self._prepared.row(id=id))
        return revision, document


def rows(**querysets: QuerySet[Any, Any]) -> tuple[int, dict[str, list[Json]]]:
    """(revision, the rows of each queryset of values() as JSON values: UUIDs, dates and times are text)."""
    return _named(querysets, _row(*_rows_sql(querysets)))


class PreparedRows:
    """The same of querysets that are the same in every request but for some values, see apps/core/prepared.py."""

    def __init__(
        self,
        querysets: Callable[..., Mapping[str, QuerySet[Any, Any]]],
        *,
        stand_ins: tuple[Mapping[str, Any], Mapping[str, Any]],
    ) -> None:
        self._names = list(querysets(**stand_ins[0]))
        self._prepared = Prepared(lambda **values: _rows_sql(querysets(**values)), stand_ins=stand_ins)

    def read(self, **values: Any) -> tuple[int, dict[str, list[Json]]]:
        return _named(self._names, self._prepared.row(**values))


def _rows_sql(querysets: Mapping[str, QuerySet[Any, Any]]) -> Statement:
    statements = [_sql(queryset) for queryset in querysets.values()]
    # As text: psycopg would parse JSON itself, with Python's parser, which was a thirtieth of a student's week.
    columns = ", ".join(f"(SELECT json_agg(r)::text FROM ({sql}) AS r)" for sql, _ in statements)
    params = tuple(param for _, params in statements for param in params)
    return f"SELECT (SELECT n FROM courses_revision), {columns}", params


def _named(names: Iterable[str], found: Any) -> tuple[int, dict[str, list[Json]]]:
    revision, *values = found
    return revision, {name: _parsed(value) for name, value in zip(names, values, strict=True)}


def _sql(queryset: QuerySet[Any, Any]) -> Statement:
    try:
        sql, params = queryset.query.sql_with_params()
    except EmptyResultSet:
        names = (*queryset.query.values_select, *queryset.query.annotation_select)
        columns = ", ".join(f"NULL::text AS {name}" for name in names)
        return f"SELECT {columns} WHERE false", ()
    return sql, tuple(params)


def _row(sql: str, params: tuple[Any, ...], *, prepared: bool = False) -> Any:
    with preparing_cursor() if prepared else connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchone()


def _parsed(value: str | None) -> list[Any]:
    found: list[Any] = orjson.loads(value) if value else []
    return found
