"""COPY of rows whose values are those of JSON."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

import orjson
from django.db import connection

from apps.core.arrays import written


def text_array(values: Iterable[str]) -> str:
    return f"{{{','.join(map(_quoted, values))}}}"


@lru_cache(maxsize=4096)  # a faculty names the same rooms, people and groups in every course
def _quoted(value: str) -> str:
    return '"' + value.replace("\\", r"\\").replace('"', r"\"") + '"'


def to_json(value: object) -> str:
    return orjson.dumps(value).decode()


_IN_COPY: Mapping[str, Callable[[Any], str]] = {"text[]": text_array, "int[]": written, "jsonb": to_json}


class Table:
    """`columns`: their names and types, as json_to_recordset() takes them too."""

    def __init__(self, name: str, columns: str) -> None:
        self.name = name
        types = dict(column.split() for column in columns.split(","))
        self._statement = f"COPY {name} ({', '.join(types)}) FROM STDIN"
        self._values = itemgetter(*types)
        self._spelled = [
            (place, _IN_COPY[type]) for place, type in enumerate(types.values()) if type in _IN_COPY
        ]

    def copy(self, rows: Sequence[Mapping[str, Any]]) -> None:
        copy_rows(self._statement, [self._spell(row) for row in rows])

    def _spell(self, row: Mapping[str, Any]) -> Sequence[Any]:
        values = list(self._values(row))
        for place, spell in self._spelled:
            if values[place] is not None:
                values[place] = spell(values[place])
        return values


def copy_rows(statement: str, rows: Sequence[Sequence[Any]]) -> None:
    if not rows:
        return
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
