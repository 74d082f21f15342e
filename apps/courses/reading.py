"""Reading from PostgreSQL together with the revision read: one statement, so the two cannot disagree."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self, cast
from uuid import UUID

import orjson
import psycopg
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from apps.core import keyset
from apps.core.copies import NEVER
from apps.core.lru import BoundedBytes
from apps.core.paging import Page, Window
from apps.core.prepared import Prepared, ask_prepared
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
    results: bytes
    window: Window
    ids: list[str]


@dataclass(frozen=True, slots=True)
class Question:
    """A page of a list, in SQL: what is on it, and what the whole list is.

    If it is `prepared`, PostgreSQL keeps its plan, which took twice as long to make as to follow. The number of a later page stands in
    the statement itself, so those are not: they would drive out the others.
    """

    statement: bytes
    values: tuple[Any, ...]
    list: Statement
    prepared: bool

    @classmethod
    def of(cls, page: Page, matching: QuerySet[Any], *default: str, alike: bool = True) -> Self:
        """The queryset is of a model with `document`, in its own order or else in the `default` one.

        `alike` are those that one plan suits, whatever values they are asked with.
        """
        key = keyset.columns(matching, *default)
        on_it, values = _sql(keyset.cut(page, matching, key).values("document", *(each.name for each in key)))
        whole = _sql(matching.order_by().values("pk"))
        # Rows as they are found, and beside the one row of the revision they keep their order: to have PostgreSQL glue the documents together
        # took nearly three times as long as to find them.
        statement = f"SELECT n, {counting.expression(whole[0])}, page.* FROM courses_revision LEFT JOIN ({on_it}) AS page ON true"
        return cls(statement.encode(), values, whole, prepared=alike and page.number == 1)

    def ask(self) -> psycopg.Cursor[Any]:
        values = (*counting.known(*self.list), *self.list[1], *self.values)
        if self.prepared:
            return ask_prepared(self.statement, values)
        cursor = connection.cursor()
        cursor.execute(self.statement.decode(), values)
        return cast("psycopg.Cursor[Any]", cursor)


class Questions:
    """Those of one list, kept by the query they come from. To put one together is a fifth of answering it, and it never changes."""

    def __init__(self, *default: str) -> None:
        self._default = default
        self._kept: BoundedBytes[str, Question] = BoundedBytes(_CAPACITY)

    def of(self, page: Page, matching: Callable[[], QuerySet[Any]], *, alike: bool = True) -> Question:
        """`matching` and `alike` follow from the query of the page alone; the former may raise an exception."""
        if (kept := self._kept.get(page.query)) is None:
            kept = Question.of(page, matching(), *self._default, alike=alike)
            size = sum(map(len, (page.query, kept.statement, kept.list[0]))) + _ROOM_OF_PARAMETERS
            self._kept.put(page.query, kept, size=size, deadline=NEVER)
        return kept


def documents(page: Page, question: Question) -> Documents:
    """Without parsing any of them, or decoding, which took a third of what is left in Python."""
    cursor = question.ask()
    revision, count, document, *first = _row_at(cursor, 0)
    counting.keep(*question.list, revision=revision, count=count)
    if document is None:
        return Documents(revision, count, b"", Window(), [])
    shown = range(min(cursor.rowcount, page.size))
    _, _, _, *last = _row_at(cursor, shown[-1])
    keys = [tuple(map(keyset.plain, key)) for key in (first, last)]
    return Documents(
        revision,
        count,
        b",".join(_sent(cursor, shown[::-1] if keyset.is_backwards(page) else shown, column=2)),
        keyset.window(page, keys, more=cursor.rowcount > page.size),
        [id.decode() for id in _sent(cursor, shown, column=2 + len(first))],
    )


def _row_at(cursor: psycopg.Cursor[Any], number: int) -> tuple[Any, ...]:
    cursor.scroll(number, mode="absolute")
    return cast("tuple[Any, ...]", cursor.fetchone())


def _sent(cursor: psycopg.Cursor[Any], rows: Iterable[int], *, column: int) -> list[Any]:
    """What PostgreSQL sent there, as bytes or None."""
    get = cast("psycopg.pq.abc.PGresult", cursor.pgresult).get_value
    return [get(row, column) for row in rows]


def _sent_row(cursor: psycopg.Cursor[Any]) -> list[Any]:
    """The only one, in the same way."""
    found = cast("psycopg.pq.abc.PGresult", cursor.pgresult)
    return [found.get_value(0, column) for column in range(found.nfields)]


class PreparedDocument:
    """The document of one row of a queryset, prepared as PreparedRows are."""

    def __init__(self, rows: QuerySet[Any, Any]) -> None:
        def statement(id: UUID) -> Statement:
            sql, params = _sql(rows.filter(pk=id).values("document"))
            return f"SELECT (SELECT n FROM courses_revision), coalesce(({sql}), '')", params

        self._prepared = Prepared(statement, stand_ins=({"id": UUID(int=1)}, {"id": UUID(int=2)}))

    def read(self, id: UUID) -> tuple[int, bytes]:
        """(revision, the document or nothing), without parsing it."""
        revision, document = _sent_row(self._prepared.ask(id=id))
        return int(revision), document


def rows(**querysets: QuerySet[Any, Any]) -> tuple[int, dict[str, list[Json]]]:
    """(revision, the rows of each queryset of values() as JSON values: UUIDs, dates and times are text)."""
    with connection.cursor() as cursor:
        cursor.execute(*_rows_sql(querysets))
        return _named(querysets, cast("psycopg.Cursor[Any]", cursor))


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
        return _named(self._names, self._prepared.ask(**values))


def _rows_sql(querysets: Mapping[str, QuerySet[Any, Any]]) -> Statement:
    statements = [_sql(queryset) for queryset in querysets.values()]
    columns = ", ".join(f"(SELECT json_agg(r) FROM ({sql}) AS r)" for sql, _ in statements)
    params = tuple(param for _, params in statements for param in params)
    return f"SELECT (SELECT n FROM courses_revision), {columns}", params


def _named(names: Iterable[str], cursor: psycopg.Cursor[Any]) -> tuple[int, dict[str, list[Json]]]:
    """psycopg would parse JSON with Python's parser; and made text of it first, it takes twice as long."""
    revision, *values = _sent_row(cursor)
    found = (orjson.loads(value) if value else [] for value in values)
    return int(revision), dict(zip(names, found, strict=True))


def _sql(queryset: QuerySet[Any, Any]) -> Statement:
    try:
        sql, params = queryset.query.sql_with_params()
    except EmptyResultSet:
        names = (*queryset.query.values_select, *queryset.query.annotation_select)
        columns = ", ".join(f"NULL::text AS {name}" for name in names)
        return f"SELECT {columns} WHERE false", ()
    return sql, tuple(params)
