"""Many values for one statement. Given as a list, psycopg looks at each for what would need quotes."""

from collections.abc import Iterable
from typing import Any

from django.db.models import F, Lookup


def written(values: Iterable[object]) -> str:
    """An array as PostgreSQL reads it. The values are numbers, dates or UUIDs, which need no quotes."""
    return f"{{{','.join(map(str, values))}}}"


class AnyOf(Lookup):
    """As `in`, which would give each value a place of its own in the statement. `array` is what written() makes."""

    def __init__(self, field: str, array: str) -> None:
        super().__init__(F(field), array)

    def get_prep_lookup(self) -> Any:
        return self.rhs

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s)", (*parameters, self.rhs)
