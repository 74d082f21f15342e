"""Row 11: how soon a near change, of which twenty come a second, can be read and rings: from the answer to the delivery until the API shows
it to somebody who asks every 10 ms, and until FCM has the first of its messages. On the clock, 95 of 100 are quicker.

A fake FCM answers at once, over plain HTTP as the push emulator does. Every delivery is about another course, which two students follow: of
changes that follow one another soon, only the last rings. All cores are shared by all.
"""

import http.client
import json
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from compose.local import ports
from compose.local.environment import ROOT
from tests.benchmarks import cast
from tests.benchmarks.harness.client import WrongAnswer
from tests.benchmarks.harness.deliveries import event, post
from tests.benchmarks.harness.findings import Finding, Target
from tests.benchmarks.harness.servers import HEADERS, OURS, Server, gunicorn
from tests.benchmarks.harness.stage import Stage
from tests.benchmarks.harness.workers import worker

RATE = 20
SECONDS = 15
PHONES = 2
PATIENCE = 20.0
Arrivals = dict[str, list[float]]


def measure(stage: Stage) -> Iterator[Finding]:
    database = stage.copy("near", like=stage.migrated())
    port = ports.any_free()
    environ = stage.environ(database) | {
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",  # of production no emulator is accepted
        "GOOGLE_APPLICATION_CREDENTIALS": "",
        "FCM_EMULATOR_HOST": f"{ports.LOOPBACK}:{port}",
    }
    visible, rung = [], []
    near = ("-m", "tests.benchmarks.near", str(RATE * SECONDS), str(PHONES))
    filled = json.loads(stage.python(database, *near, environ=environ))
    with (
        stage.on_all_cores(),
        _fcm(port) as arrivals,
        gunicorn(OURS, environ, stage.folder) as server,
        worker(stage, environ),
    ):
        for turn in range(stage.repeat):
            found = _run(server, filled, arrivals, turn)
            visible.append(_p95([seen for seen, _ in found]))
            rung.append(_p95([ringing for _, ringing in found]))
    for what, values, target in (("visible in the API", visible, 300), ("the request to FCM", rung, 500)):
        yield Finding(
            row=11,
            what=f"near change, p95 from the answer to {what}",
            target=Target(target, at_least=False, unit="ms"),
            values=[value * 1e3 for value in values],
        )


def _run(
    server: Server, filled: Mapping[str, Any], arrivals: Arrivals, turn: int
) -> list[tuple[float, float]]:
    """For each delivery the seconds until it could be read and until FCM heard of it."""
    began = time.monotonic()
    with ThreadPoolExecutor(64) as pool:

        def follow(number: int) -> tuple[float, float]:
            time.sleep(max(0.0, began + number / RATE - time.monotonic()))
            return _follow(server, filled, arrivals, number, f"T{turn}-{number}")

        return list(pool.map(follow, range(RATE * SECONDS)))


def _follow(
    server: Server, filled: Mapping[str, Any], arrivals: Arrivals, course: int, room: str
) -> tuple[float, float]:
    id = filled["ids"][f"c{course}"]
    connection = http.client.HTTPConnection(ports.LOOPBACK, server.port, timeout=30)
    body = event("course.updated", cast.near(course, filled["slot"], room))
    head, _, _ = post(body).partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    connection.request("POST", first.split()[1], body, dict(line.split(": ", 1) for line in lines))
    answer = connection.getresponse()
    answer.read()
    if answer.status != 202:
        raise WrongAnswer(f"a delivery was answered with {answer.status}")
    answered = time.monotonic()
    while time.monotonic() - answered < PATIENCE:
        connection.request("GET", f"/api/v1/courses/{id}/", headers=HEADERS)
        if room.encode() in connection.getresponse().read():
            break
        time.sleep(0.01)
    seen = time.monotonic() - answered
    connection.close()
    while time.monotonic() - answered < PATIENCE:
        if came := [at for at in arrivals[id] if at >= answered]:
            return seen, came[0] - answered
        time.sleep(0.02)
    return seen, PATIENCE


@contextmanager
def _fcm(port: int) -> Iterator[Arrivals]:
    """When messages came, by course."""
    arrivals: Arrivals = defaultdict(list)
    argv = [sys.executable, "-m", "tests.benchmarks.harness.fake_fcm", str(port), "0"]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        lines = process.stdout
        lines.readline()  # it listens

        def read() -> None:
            for line in lines:
                at, course = line.split()
                arrivals[course].append(float(at))

        threading.Thread(target=read, daemon=True).start()
        try:
            yield arrivals
        finally:
            process.terminate()


def _p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]
