"""Statements asked so often that putting them together would cost more than the answer: made once, planned once a connection.

Querysets stay the one place that says what is read. Django writes the statement from them a single time, for stand-ins where the values of
a request belong, and PostgreSQL keeps its plan.
"""

import re
from collections.abc import Callable, Container, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar, cast

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.utils import CursorWrapper
from django.db.models import Model, QuerySet
from psycopg.sql import quote

from apps.core.postgresql.base import DatabaseWrapper

M = TypeVar("M", bound=Model)
Row = tuple[Any, ...]
Statement = tuple[str, Sequence[Any]]


def preparing_cursor() -> CursorWrapper:
    """On the connection of the calling thread: PostgreSQL keeps the plans of what is asked with it."""
    return _database().preparing_cursor()


def ask_prepared(statement: bytes, values: Sequence[Any] | Mapping[str, Any]) -> psycopg.Cursor[Any]:
    """The same for a statement whose rows are read before the next is asked, see apps/core/postgresql/base.py."""
    return _database().ask_prepared(statement, values)


def _database() -> DatabaseWrapper:
    # Looked up once: Django's `connection` does it for every attribute that is read of it.
    return cast("DatabaseWrapper", connections[DEFAULT_DB_ALIAS])


class Prepared:
    """`write` returns a statement and its parameters, given a value for each parameter of its own.

    What it makes of these values it must leave to PostgreSQL: a parameter is one of the values as it came, or the same for all
    values. Two sets of stand-ins find out, and ValueError is raised for one that is neither. A value decides nothing about the
    statement itself, and none is null.
    """

    def __init__(
        self,
        write: Callable[..., Statement],
        *,
        stand_ins: tuple[Mapping[str, Any], Mapping[str, Any]],
    ) -> None:
        self._write = write
        self._stand_ins = stand_ins

    def ask(self, **values: Any) -> psycopg.Cursor[Any]:
        """On the connection of the calling thread; read before the next statement."""
        return ask_prepared(self._statement, values)

    def row(self, **values: Any) -> Row | None:
        found: Row | None = self.ask(**values).fetchone()
        return found

    def rows(self, **values: Any) -> list[Row]:
        found: list[Row] = self.ask(**values).fetchall()
        return found

    @classmethod
    def all(
        cls,
        rows: Callable[..., QuerySet[Any, Any]],
        *,
        stand_ins: tuple[Mapping[str, Any], Mapping[str, Any]],
    ) -> Callable[..., list[Row]]:
        """All rows of a queryset of values_list(), given the values; JSON comes as text."""
        return cls(
            lambda **values: cast("Statement", rows(**values).query.sql_with_params()), stand_ins=stand_ins
        ).rows

    @classmethod
    def objects(
        cls,
        rows: Callable[..., QuerySet[M, Any]],
        fields: Container[str],
        *,
        stand_ins: tuple[Mapping[str, Any], Mapping[str, Any]],
    ) -> Callable[..., list[M]]:
        """The same as instances with these fields, none of them JSON; the others are deferred."""
        model = rows(**stand_ins[0]).model
        # In the order that from_db() wants.
        columns = [field.attname for field in model._meta.concrete_fields]  # noqa: SLF001  # documented by Django
        names = [column for column in columns if column in fields]
        read = cls.all(lambda **values: rows(**values).values_list(*names), stand_ins=stand_ins)
        return lambda **values: [model.from_db(DEFAULT_DB_ALIAS, names, row) for row in read(**values)]

    @classmethod
    def exists(
        cls,
        rows: Callable[..., QuerySet[Any, Any]],
        *,
        stand_ins: tuple[Mapping[str, Any], Mapping[str, Any]] = ({}, {}),
    ) -> Callable[..., bool]:
        """Whether these rows are there, given the values: what lanes ask twenty times a second, and mostly in vain."""

        def write(**values: Any) -> Statement:
            return cast("Statement", rows(**values).query.exists().sql_with_params())

        prepared = cls(write, stand_ins=stand_ins)
        return lambda **values: prepared.row(**values) is not None

    @cached_property
    def _statement(self) -> bytes:
        """With named places for the values; what is always the same is written out."""
        (statement, ones), (again, others) = (self._write(**each) for each in self._stand_ins)
        if statement != again:
            raise ValueError("the values decide about the statement")
        first, second = self._stand_ins
        places: list[str] = []
        for one, other in zip(ones, others, strict=True):
            name = next((name for name in first if (first[name], second[name]) == (one, other)), None)
            if name is None and quote(one) != quote(other):
                raise ValueError(f"{one!r} is made of the values in Python")
            places.append(f"%({name})s" if name else quote(one).replace("%", "%%"))
        if unused := [name for name in first if f"%({name})s" not in places]:
            raise ValueError(f"not asked about: {', '.join(unused)}")
        put = iter(places)
        return re.sub("%s", lambda _: next(put), statement).encode()
