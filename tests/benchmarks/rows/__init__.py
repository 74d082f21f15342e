"""The rows of the table, by the numbers they are asked for."""

from collections.abc import Callable, Iterator, Mapping

from tests.benchmarks.harness.findings import Finding
from tests.benchmarks.harness.stage import Stage
from tests.benchmarks.rows import (
    cached_list,
    growth,
    memory,
    my_schedule,
    naive_list,
    search,
    start,
    uncached,
)

Row = Callable[[Stage], Iterator[Finding]]

ROWS: Mapping[int, Row] = {
    1: cached_list.whole,
    2: cached_list.not_modified,
    3: naive_list.measure,
    5: uncached.measure,
    6: my_schedule.measure,
    7: search.measure,
    14: memory.measure,
    15: start.measure,
    16: growth.measure,
}
GROUPS: Mapping[str, tuple[int, ...]] = {
    "reads": (1, 2, 3, 5, 6, 7, 16),
    "process": (14, 15),
}
