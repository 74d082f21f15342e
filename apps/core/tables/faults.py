"""What is wrong with a table, by line and column; all of it at once."""

from collections.abc import Sequence
from dataclasses import dataclass

MOST_TOLD = 200


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """`line` counts from 1, as an editor shows it, and is 0 for the file as a whole; `column` is the name in the file's own header."""

    table: str
    line: int
    column: str
    detail: str

    def __str__(self) -> str:
        places = [
            self.table,
            f"line {self.line}" if self.line else "",
            self.column and f"column {self.column}",
        ]
        return f"{', '.join(place for place in places if place)}: {self.detail}"


class Refused(Exception):
    """Nothing of the tables is used. `faults` are in order of their places, at most MOST_TOLD; `total` counts them all."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = sorted(set(faults))[:MOST_TOLD]
        self.total = len(set(faults))
        super().__init__("\n".join(map(str, self.faults)))
