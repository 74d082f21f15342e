"""Row 7: a page of search results against a page of the list, both uncached, among 20,000 courses.

The name of who teaches a fifth of all courses: every match is ranked before the page can be told, and counted.
"""

from collections.abc import Iterator

from tests.benchmarks.harness.findings import Finding, at_most
from tests.benchmarks.harness.measuring import compare
from tests.benchmarks.harness.servers import OURS, gunicorn
from tests.benchmarks.harness.stage import Stage
from tests.benchmarks.rows.uncached import LIST, missing

COURSES = 20_000


def measure(stage: Stage) -> Iterator[Finding]:
    environ = stage.environ(stage.catalogue(COURSES))
    stage.forget_cached()
    with gunicorn(OURS, environ, stage.folder) as server:
        for query, what in (("algoritmi", "few"), ("jeremic", "many")):
            path = f"{LIST}?search={query}"
            found = compare(
                stage.asking(server, lambda count, path=path: missing(server, path, count)),  # type: ignore[misc]  # a bound default
                stage.asking(server, lambda count: missing(server, LIST, count)),
                repeat=stage.repeat,
            )
            yield at_most(
                7, f"search that finds {what} of {COURSES:,} courses, against the uncached list", 3, found
            )
