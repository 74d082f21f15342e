"""How many rows match a question, counted once a revision: a catalogue of fifty times as many courses takes fifty times as long to count.

What is kept decides nothing by itself. It goes into the statement that reads the page, which believes it only if its revision is still the
one committed, and else counts: so count, page and revision are always of one moment.
"""

import time
from collections.abc import Sequence
from typing import Any

from apps.core.lru import BoundedBytes
from apps.courses.cache import LIST_LIFETIME

_CAPACITY = 1 << 20
_ROOM_OF_AN_ENTRY = 300

_counts: BoundedBytes[tuple[str, str], tuple[int, int]] = BoundedBytes(_CAPACITY)


def expression(sql: str) -> str:
    """For how many rows this statement finds, beside the row of courses_revision; with the values below and those of the statement."""
    return f"CASE WHEN n = %s THEN %s ELSE (SELECT count(*) FROM ({sql}) AS matching) END"  # noqa: S608  # a statement of the ORM


def known(sql: str, params: Sequence[Any]) -> tuple[int, int]:
    """(the revision at which it was counted last, what it came to)"""
    return _counts.get(_key(sql, params)) or (-1, 0)


def keep(sql: str, params: Sequence[Any], *, revision: int, count: int) -> None:
    """What the expression has come to, and at which revision."""
    key = _key(sql, params)
    size = _ROOM_OF_AN_ENTRY + sum(map(len, key))
    _counts.put(key, (revision, count), size=size, deadline=time.time() + LIST_LIFETIME)


def forget() -> None:
    _counts.clear()


def _key(sql: str, params: Sequence[Any]) -> tuple[str, str]:
    return sql, repr(params)
