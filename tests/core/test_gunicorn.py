"""The real server with the settings it ships with."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

START_SECONDS = 60


class Server:
    def __init__(self, log: Path, **environ: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port: int = listener.getsockname()[1]
        self.log = log
        with log.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py", "config.wsgi:application"],
                env={
                    **os.environ,
                    "DJANGO_SETTINGS_MODULE": "config.settings.test",
                    "PORT": str(self.port),
                    "TMPDIR": str(log.parent),
                    **environ,
                },
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def get(self, path: str) -> requests.Response:
        return requests.get(f"http://127.0.0.1:{self.port}{path}", timeout=10)

    def until_up(self) -> "Server":
        """Both workers have been started and one of them answers."""
        deadline = time.monotonic() + START_SECONDS
        while not (len(self.workers()) == 2 and self.answers()):
            assert time.monotonic() < deadline, self.log.read_text()
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.05)
        return self

    def answers(self) -> bool:
        try:
            return self.get("/health/").ok
        except requests.ConnectionError:
            return False

    def workers(self) -> set[int]:
        """Every one that was ever started."""
        return {int(pid) for pid in re.findall(r"Booting worker with pid: (\d+)", self.log.read_text())}


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(**environ: str) -> Server:
        servers.append(Server(tmp_path / "log", **environ))
        return servers[-1]

    yield start
    for server in servers:
        server.process.terminate()
        try:
            server.process.wait(20)
        except subprocess.TimeoutExpired:
            server.process.kill()


def test_it_serves_counts_across_workers_and_ends_without_a_trace(
    serve: Callable[..., Server], tmp_path: Path
) -> None:
    server = serve().until_up()

    for _ in range(40):
        assert server.get("/health/").status_code == 200
    total = re.search(
        r'campanile_request_seconds_count\{method="GET",served_by="django",status="200"\} (\d+)',
        server.get("/metrics").text,
    )
    assert total is not None
    assert int(total[1]) >= 41
    workers = server.workers()
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(20) == 0
    for worker in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(worker, 0)
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def test_a_killed_worker_is_replaced_while_the_other_serves(serve: Callable[..., Server]) -> None:
    server = serve().until_up()
    before = server.workers()
    os.kill(min(before), signal.SIGKILL)
    deadline = time.monotonic() + 20
    while server.workers() == before:
        assert server.get("/health/").status_code == 200
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_wrong_configuration_stops_it_with_a_clear_message(serve: Callable[..., Server]) -> None:
    server = serve(METRICS_TOKEN="guessable")
    assert server.process.wait(START_SECONDS) != 0
    said = server.log.read_text()
    assert "core.E004" in said
    assert "HINT" in said
    assert "Traceback" not in said
