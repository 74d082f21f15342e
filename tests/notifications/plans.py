"""What PostgreSQL does for a statement, as it tells after doing it."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import connection


def steps(statement: str, values: Mapping[str, Any]) -> list[Any]:
    """Runs it; the nodes of its plan, as EXPLAIN (ANALYZE, FORMAT JSON) describes them."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", values)
        [[plan]] = [row[0] for row in cursor.fetchall()]
    return list(_below(plan["Plan"]))


def _below(node: Any) -> Iterator[Any]:
    yield node
    for part in node.get("Plans", ()):
        yield from _below(part)
