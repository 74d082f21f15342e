"""Row 14: the private memory of a web worker that has served a lot and whose caches are full, against a plain Django and DRF worker.

The plain one is the naive peer under gunicorn with the same threads and nothing else set: the worker loads the application itself. Ours is
loaded once before the fork and kept out of the collector's way, so that workers share those pages; what it holds in memory of answers
counts. Each has one worker, which then is the one that answers: of two, one may get every connection, and the other is not warm.
"""

from collections.abc import Iterator
from statistics import mean

from tests.benchmarks.harness.client import Load
from tests.benchmarks.harness.findings import Finding, Target
from tests.benchmarks.harness.memory import children, private_bytes
from tests.benchmarks.harness.progress import progress
from tests.benchmarks.harness.servers import NAIVE, OURS, PLAIN, Server, gunicorn, request
from tests.benchmarks.harness.stage import NAIVE_ENVIRON, Stage
from tests.benchmarks.rows.uncached import LIST, missing

_ONE = "1"
# Of 130 KB each, so that the cache of each worker overflows.
ANSWERS = 800


def measure(stage: Stage) -> Iterator[Finding]:
    database = stage.catalogue(2000)
    naive = stage.naive(database)
    pairs = []
    for number in range(stage.repeat):
        pairs.append((_ours(stage, database), _plain(stage, naive)))
        progress(f"{number + 1} of {stage.repeat}", passing=True)
    yield Finding(
        row=14,
        what="private memory of a warm web worker, against plain Django and DRF",
        target=Target(0.8, at_least=False),
        values=[ours / plain for ours, plain in pairs],
        ours=f"{mean(ours for ours, _ in pairs) / 1e6:.0f} MB",
        peer=f"{mean(plain for _, plain in pairs) / 1e6:.0f} MB",
    )
    loaded = int(stage.python(database, "-m", "tests.benchmarks.modules"))
    yield Finding(
        row=14,
        what="modules of firebase and its libraries in a web worker",
        target=Target(0, at_least=False, unit=""),
        values=[loaded],
        ours=str(loaded),
    )


def _ours(stage: Stage, database: str) -> float:
    stage.forget_cached()
    with gunicorn(OURS, stage.environ(database) | {"WEB_CONCURRENCY": _ONE}, stage.folder) as server:
        stage.client.drive(missing(server, f"{LIST}?page_size=200", ANSWERS))
        return _private(server)


def _plain(stage: Stage, database: str) -> float:
    environ = stage.environ(database) | NAIVE_ENVIRON
    with gunicorn(NAIVE, environ, stage.folder, arguments=(*PLAIN, "--workers", _ONE)) as server:
        stage.client.drive(Load(server.port, [request(LIST)], 200))
        return _private(server)


def _private(server: Server) -> float:
    [worker] = children(server.pid)
    return private_bytes(worker)
