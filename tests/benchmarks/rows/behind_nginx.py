"""Row 4: what readers get in production, through the nginx we ship, while the catalogue changes twenty times a second.

Five hundred lists and as many details, asked for as often as Zipf says, from a hundred addresses, since one address may ask 200 times a
second. nginx, web, worker, PostgreSQL and Redis all count, the deliveries received and applied meanwhile too. The peer is the bare WSGI
application, which is asked directly, holds every answer in a variable and never changes one.

What is measured is how it goes on, not how it begins: every process has met nearly every URL before, while the catalogue changed as it does
later. In nginx nothing is left of that, as a turn of the peer takes longer than a copy lives.
"""

import itertools
import json
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from compose.local.environment import ROOT
from tests.benchmarks.harness import nginx
from tests.benchmarks.harness.client import Load, WrongAnswer
from tests.benchmarks.harness.findings import Finding, Target, at_least
from tests.benchmarks.harness.measuring import Sample, compare
from tests.benchmarks.harness.servers import BARE, OURS, Server, gunicorn, request
from tests.benchmarks.harness.stage import Stage
from tests.benchmarks.harness.workers import worker
from tests.benchmarks.rows.cached_list import Held, bare_environ
from tests.benchmarks.rows.uncached import LIST

WHAT = "1,000 URLs behind nginx at 20 deliveries a second, against bare WSGI"
TARGET = 5
RATE = 20
REQUESTS = 20_000
WARMING = 2
_SOURCES = [f"127.0.0.{last}" for last in range(2, 102)]


def measure(stage: Stage) -> Iterator[Finding]:
    if not nginx.installed():
        yield Finding(4, WHAT, Target(TARGET), skipped="no nginx")
        return
    database = stage.copy("behind_nginx", like=stage.catalogue(2000))
    environ = stage.environ(database)
    stage.forget_cached()
    with ExitStack() as stack:
        ours = stack.enter_context(gunicorn(OURS, environ, stage.folder))
        front = stack.enter_context(nginx.nginx(ours, stage.folder))
        paths = _paths(ours)
        held = bare_environ(stage, {"/": ("", [], [], b""), **_held(ours, paths)})
        bare = stack.enter_context(gunicorn(BARE, environ | held, stage.folder))
        working = stack.enter_context(worker(stage, environ))
        requests = _asked(paths)
        stage.client.drive(Load(front.port, [request(path) for path in paths], len(paths), sources=_SOURCES))

        def asking(server: Server, *pids: int) -> Sample:
            load = Load(server.port, requests, REQUESTS, connections=len(_SOURCES), sources=_SOURCES)
            with stage.counting(*pids) as counted:
                stage.client.drive(load)
            return Sample(counted.cpu / REQUESTS, counted.wall / REQUESTS)

        def changing() -> Sample:
            with _posting(environ, ours.port):
                return asking(front, front.pid, ours.pid, working)

        for _ in range(WARMING):
            changing()
        found = compare(changing, lambda: asking(bare, bare.pid), repeat=stage.repeat)
    yield at_least(4, WHAT, TARGET, found)


def _paths(server: Server) -> list[str]:
    """Lists and details in turn, the likeliest first."""
    lists = [f"{LIST}?page_size={size}&page={page}" for size in (10, 20, 50) for page in range(1, 41)]
    lists += [
        f"{LIST}?department=D{n % 20:02}&year={n // 20 % 4 + 1}&page_size={10 + n // 80}" for n in range(380)
    ]
    found = [
        each["id"]
        for page in range(1, 6)
        for each in json.loads(server.get(f"{LIST}?page_size=100&page={page}").body)["results"]
    ]
    return [path for pair in zip(lists, (f"{LIST}{id}/" for id in found), strict=True) for path in pair]


def _held(server: Server, paths: list[str]) -> Mapping[str, Held]:
    answers = ((path, server.get(path)) for path in paths)
    return {
        path: (dict(answer.headers)["ETag"], answer.headers[3:], [], answer.body) for path, answer in answers
    }


def _asked(paths: list[str]) -> list[bytes]:
    weights = list(itertools.accumulate(1 / (place + 1) for place in range(len(paths))))
    chosen = random.Random(7).choices(range(len(paths)), cum_weights=weights, k=REQUESTS)
    return [request(paths[place]) for place in chosen]


@contextmanager
def _posting(environ: Mapping[str, str], port: int) -> Iterator[None]:
    argv = [sys.executable, "-m", "tests.benchmarks.posting", str(port), str(RATE)]
    with subprocess.Popen(
        argv, cwd=ROOT, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdout.readline()
        yield
        process.stdin.close()
        if process.wait():
            raise WrongAnswer("Not every delivery was accepted.")
