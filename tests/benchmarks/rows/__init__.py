"""The rows of the table, by the numbers they are asked for."""

from collections.abc import Callable, Iterator, Mapping

from tests.benchmarks.harness.findings import Finding
from tests.benchmarks.harness.stage import Stage
from tests.benchmarks.rows import (
    announcing,
    applying,
    behind_nginx,
    cached_list,
    freshness,
    growth,
    intake,
    memory,
    my_schedule,
    naive_list,
    pushing,
    search,
    snapshot,
    start,
    uncached,
)

Row = Callable[[Stage], Iterator[Finding]]

ROWS: Mapping[int, Row] = {
    1: cached_list.whole,
    2: cached_list.not_modified,
    3: naive_list.measure,
    4: behind_nginx.measure,
    5: uncached.measure,
    6: my_schedule.measure,
    7: search.measure,
    8: snapshot.measure,
    9: intake.measure,
    10: applying.measure,
    11: freshness.measure,
    12: pushing.measure,
    13: announcing.measure,
    14: memory.measure,
    15: start.measure,
    16: growth.measure,
}
GROUPS: Mapping[str, tuple[int, ...]] = {
    "reads": (1, 2, 3, 4, 5, 6, 7, 16),
    "writes": (8, 9, 10, 13),
    "pushes": (11, 12),
    "process": (14, 15),
}
