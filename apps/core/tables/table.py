from collections.abc import Mapping
from dataclasses import dataclass

from apps.core.folding import fold


@dataclass(frozen=True, slots=True)
class Table:
    """`names`: for each column the headers it is known by, told apart without case, accents, script and punctuation.

    Of each group in `required` at least one column must be there.
    """

    name: str
    names: Mapping[str, tuple[str, ...]]
    required: tuple[tuple[str, ...], ...]

    def column(self, header: str) -> str | None:
        folded = fold(header)
        return next((column for column, names in self.names.items() if folded in map(fold, names)), None)
