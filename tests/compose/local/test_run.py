import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from compose.local import locks, ports
from tests.compose.local.conftest import ROOT, is_alive, wait_until

PROCESSES = {"launcher", "postgres", "valkey", "web", "worker", "emulator"}


class Run:
    """`make run` as a person starts it, on a free port and a folder of its own."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.port = ports.any_free()
        own = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "WEBHOOK_SECRETS", "DJANGO_SETTINGS_MODULE"}
        environ = {name: value for name, value in os.environ.items() if name not in own}
        data_dir.parent.mkdir(exist_ok=True)
        self.log = data_dir.parent / "output"
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "compose.local", "run"],
                cwd=ROOT,
                env={**environ, "DATA_DIR": str(data_dir), "PORT": str(self.port)},
                stdout=output,
                stderr=output,
            )

    def pids(self) -> dict[str, int]:
        run = self.data_dir / "run"
        texts = {lock.stem: lock.read_text() for lock in run.glob("*.lock") if locks.is_held(lock)}
        return {name: int(text) for name, text in texts.items() if text}

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        with suppress(urllib.error.URLError, ConnectionError):
            url = f"http://127.0.0.1:{self.port}/health/ready/"
            with urllib.request.urlopen(url, timeout=5):
                return True
        return False


@pytest.fixture
def run(data_dir: Path) -> Iterator[Run]:
    run = Run(data_dir)
    yield run
    run.process.terminate()
    run.process.wait(60)


def test_everything_comes_up_outlives_a_crash_and_goes_down_together(run: Run, data_dir: Path) -> None:
    wait_until(run.is_ready, seconds=300)
    wait_until(lambda: "Campanile is ready." in run.log.read_text())
    first = run.pids()
    assert set(first) == PROCESSES

    os.kill(first["worker"], signal.SIGKILL)
    wait_until(lambda: run.pids().get("worker", first["worker"]) != first["worker"])

    wait_until(lambda: set(run.pids()) == PROCESSES)
    everything = run.pids()
    for pid in everything.values():
        os.kill(pid, signal.SIGKILL)
    run.process.wait()
    again = Run(data_dir)
    try:
        wait_until(again.is_ready, seconds=120)
        second = again.pids()
        again.process.terminate()
        assert again.process.wait(60) == 0
    finally:
        again.process.terminate()
        again.process.wait(60)
    assert not again.pids()
    assert not any(map(is_alive, {*everything.values(), *second.values()}))
