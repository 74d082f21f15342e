"""Row 5: list and detail when nothing is at hand, against the naive ModelViewSet.

Every request names a host of its own, and with it an answer that nobody has made yet: ours looks in both caches, asks PostgreSQL, hashes,
and puts the answer into both caches. Neither compresses, as the one who asks does not accept gzip. The peer serializes as always. The bodies
are the same to the byte.
"""

import itertools
import json
from collections.abc import Iterator

from tests.benchmarks.harness.client import Load
from tests.benchmarks.harness.findings import Finding, at_least
from tests.benchmarks.harness.measuring import compare
from tests.benchmarks.harness.servers import NAIVE, OURS, Server, gunicorn, request
from tests.benchmarks.harness.stage import NAIVE_ENVIRON, Stage

LIST = "/api/v1/courses/"
_hosts = itertools.count()


def missing(server: Server, path: str, count: int, body: bytes | None = None) -> Load:
    """As many requests that no cache knows."""
    requests = [request(path, host=f"h{next(_hosts)}.campanile.example") for _ in range(count)]
    return Load(server.port, requests, count, body=body)


def measure(stage: Stage) -> Iterator[Finding]:
    database = stage.catalogue(50)
    environ = stage.environ(database)
    naive_environ = stage.environ(stage.naive(database)) | NAIVE_ENVIRON
    stage.forget_cached()
    with gunicorn(OURS, environ, stage.folder) as ours, gunicorn(NAIVE, naive_environ, stage.folder) as naive:
        one = json.loads(ours.get(LIST).body)["results"][7]["id"]
        for path, what, target in ((LIST, "list of 50", 12), (f"{LIST}{one}/", "detail", 4)):
            body = ours.get(path).body

            def load(server: Server, count: int, path: str = path, body: bytes = body) -> Load:
                return missing(server, path, count, body)

            found = compare(
                stage.asking(ours, lambda count, load=load: load(ours, count)),  # type: ignore[misc]  # a bound default
                stage.asking(naive, lambda count, load=load: load(naive, count)),  # type: ignore[misc]  # a bound default
                repeat=stage.repeat,
            )
            yield at_least(5, f"uncached {what}, against naive DRF", target, found)
