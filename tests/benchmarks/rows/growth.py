"""Row 16: what becomes dearer when the catalogue grows from 2,000 to 100,000 courses.

The cached list, the uncached list page with its count, applying one change (its transaction in a process that does nothing else, through
the functions the worker calls), and what /sync/ answers after one change to a client that had everything before, uncached.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from tests.benchmarks.harness.client import Load
from tests.benchmarks.harness.drivers import Driver, driver
from tests.benchmarks.harness.findings import Finding, at_most
from tests.benchmarks.harness.measuring import Sample, Side, compare
from tests.benchmarks.harness.servers import OURS, Server, gunicorn, request
from tests.benchmarks.harness.stage import Stage
from tests.benchmarks.rows.uncached import LIST, missing

SMALL, LARGE = 2_000, 100_000
CHANGES = 200
FLAT = 1.1


@dataclass(frozen=True, slots=True)
class _Catalogue:
    stage: Stage
    server: Server
    driver: Driver

    def cached(self) -> Side:
        return self.stage.asking(self.server, lambda count: Load(self.server.port, [request(LIST)], count))

    def uncached(self) -> Side:
        return self.stage.asking(self.server, lambda count: missing(self.server, LIST, count))

    def changing(self) -> Side:
        def sample() -> Sample:
            with self.stage.counting(self.driver.pid) as counted:
                self.driver.tell(f"change {CHANGES}")
            return Sample(counted.cpu / CHANGES, counted.wall / CHANGES)

        sample()
        return sample

    def syncing(self) -> Side:
        path = f"/api/v1/sync/?cursor={self.driver.tell('cursor')}"
        self.driver.tell("change 1")
        return self.stage.asking(self.server, lambda count: missing(self.server, path, count))


def measure(stage: Stage) -> Iterator[Finding]:
    with ExitStack() as stack:
        small, large = (_open(stage, stack, count) for count in (SMALL, LARGE))
        for what, target, sides in (
            ("cached list", FLAT, (large.cached(), small.cached())),
            ("uncached list page, count included", 1.5, (large.uncached(), small.uncached())),
            ("applying one change", 1.5, (large.changing(), small.changing())),
            ("/sync/ after one change", 1.5, (large.syncing(), small.syncing())),
        ):
            unit = "change" if what.startswith("applying") else "request"
            found = compare(*sides, repeat=stage.repeat)
            yield at_most(16, f"{what}: {LARGE:,} courses against {SMALL:,}", target, found, unit=unit)


def _open(stage: Stage, stack: ExitStack, count: int) -> _Catalogue:
    # Copies, since they are written to.
    database = stage.copy(f"growing_{count}", like=stage.catalogue(count))
    environ = stage.environ(database)
    server = stack.enter_context(gunicorn(OURS, environ, stage.folder))
    return _Catalogue(
        stage, server, stack.enter_context(driver("tests.benchmarks.driver", environ, stage.folder))
    )
