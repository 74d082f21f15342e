"""The worker beside the web server, and when it has done its work."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from compose.local.child import Child
from compose.local.environment import ROOT
from compose.local.program import Program
from compose.local.refusal import Refusal
from tests.benchmarks.harness.stage import Stage

_PENDING = "SELECT count(*) FROM webhooks_delivery WHERE status = 'pending'"
_FAILED = "SELECT error FROM webhooks_delivery WHERE status IN ('dead', 'quarantined', 'held') LIMIT 1"


@contextmanager
def worker(stage: Stage, environ: Mapping[str, str]) -> Iterator[int]:
    """Its process, until the block ends; it has looked for work once."""
    program = Program(
        name="worker",
        argv=[sys.executable, "manage.py", "worker"],
        environ=environ,
        cwd=ROOT,
        output=stage.folder / "worker.log",
    )
    child = Child(program, stage.folder)
    try:
        child.start()
        assert child.process is not None
        _wait_for(stage.folder / "worker.log", child)
        yield child.process.pid
    finally:
        child.stop()


def _wait_for(log: Path, child: Child) -> None:
    deadline = time.monotonic() + 60
    while "worker started" not in log.read_text(errors="replace"):
        if not child.is_running() or time.monotonic() > deadline:
            raise Refusal(f"The worker does not start:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)


def wait_until_applied(stage: Stage, database: str, *, patience: float = 900) -> None:
    """Until no delivery waits. Raises Refusal when one could not be applied."""
    deadline = time.monotonic() + patience
    with stage.connect(database) as connection:
        while True:
            row = connection.execute(_PENDING).fetchone()
            if row == (0,):
                break
            if time.monotonic() > deadline:
                raise Refusal(f"{row} deliveries still wait after {patience} s.")
            time.sleep(0.05)
        if failed := connection.execute(_FAILED).fetchone():
            raise Refusal(f"A delivery was not applied: {failed[0][-2000:]}")
