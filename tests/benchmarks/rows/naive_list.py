"""Row 3: the same cached list against what a tutorial leads to, without and with cache_page.

The peer is a ModelViewSet with nested serializers and prefetch_related on tables of its own with the same courses, under the same gunicorn,
with its database connections kept. cache_page keeps the rendered answer in the same Redis. The bodies are the same to the byte.
"""

from collections.abc import Iterator

from tests.benchmarks.harness.client import Load
from tests.benchmarks.harness.findings import Finding, at_least
from tests.benchmarks.harness.measuring import compare
from tests.benchmarks.harness.servers import NAIVE, OURS, gunicorn, request
from tests.benchmarks.harness.stage import NAIVE_ENVIRON, Stage

PATH = "/api/v1/courses/"
CACHED = "/cached/courses/"


def measure(stage: Stage) -> Iterator[Finding]:
    database = stage.catalogue(50)
    environ = stage.environ(database)
    naive_environ = stage.environ(stage.naive(database)) | NAIVE_ENVIRON
    stage.forget_cached()
    with gunicorn(OURS, environ, stage.folder) as ours, gunicorn(NAIVE, naive_environ, stage.folder) as naive:
        body = ours.get(PATH).body
        cached = stage.asking(ours, lambda count: Load(ours.port, [request(PATH)], count, body=body))
        for path, what, target in (
            (PATH, "against a naive DRF ModelViewSet", 65),
            (CACHED, "against the same under cache_page", 7),
        ):
            line = [request(path)]
            found = compare(
                cached,
                stage.asking(naive, lambda count, line=line: Load(naive.port, line, count, body=body)),  # type: ignore[misc]  # a bound default
                repeat=stage.repeat,
            )
            yield at_least(3, f"cached list {what}", target, found)
