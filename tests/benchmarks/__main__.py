"""make bench: measures the rows asked for, prints their table and writes docs/benchmarks.md.

ONLY=reads or ONLY=1,3 measures a part and only prints it, REPEAT=9 repeats each measurement so often (5). Exits with 1 when a target is
missed.
"""

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg

from compose.local.console import say
from compose.local.refusal import Refusal
from compose.local.services import embedded_services
from tests.benchmarks.harness.client import Client, WrongAnswer
from tests.benchmarks.harness.cpu import divide_cores
from tests.benchmarks.harness.findings import Finding, Target
from tests.benchmarks.harness.machine import Machine
from tests.benchmarks.harness.progress import progress
from tests.benchmarks.harness.report import cells, table, write
from tests.benchmarks.harness.stage import Stage
from tests.benchmarks.rows import GROUPS, ROWS

REPEAT = 5


def chosen(only: str) -> list[int]:
    """Raises Refusal for what is neither a row nor a group of rows."""
    numbers: set[int] = set()
    for word in only.replace(",", " ").split():
        if word in GROUPS:
            numbers.update(GROUPS[word])
        elif word.isdecimal() and int(word) in ROWS:
            numbers.add(int(word))
        else:
            raise Refusal(
                f"ONLY={word}: there are {', '.join(GROUPS)} and the rows {', '.join(map(str, ROWS))}."
            )
    return sorted(numbers or ROWS)


def repetitions(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 100:
        raise Refusal(f"REPEAT is {text!r}; it must be a number from 1 to 100.")
    return int(text)


def measure(rows: list[int], repeat: int) -> list[Finding]:
    findings: list[Finding] = []
    with ExitStack() as stack:
        client = stack.enter_context(Client(divide_cores()))
        folder = Path(tempfile.mkdtemp(prefix="campanile-bench-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        progress("starting PostgreSQL and Valkey of our own")
        services = stack.enter_context(embedded_services(folder, durable=True, environ={}))
        stage = Stage(folder, services, client, repeat)
        for row in rows:
            for finding in measured(row, stage):
                findings.append(finding)
                progress(f"row {row}: {': '.join(cells(finding)[1:])}")
    return findings


def measured(row: int, stage: Stage) -> Iterator[Finding]:
    """What a row finds, or why it broke: the others are measured all the same."""
    try:
        yield from ROWS[row](stage)
    except (Refusal, WrongAnswer, psycopg.Error) as error:
        progress(f"row {row}: {error}")
        yield Finding(row, f"row {row}", Target(0), broken=str(error))


def main() -> int:
    rows, repeat = chosen(os.environ.get("ONLY", "")), repetitions(os.environ.get("REPEAT") or str(REPEAT))
    machine = Machine()
    findings = measure(rows, repeat)
    say(f"\n{table(findings)}")
    if rows == sorted(ROWS):
        write(findings, repeat=repeat, machine=str(machine))
    return 1 if any(finding.verdict.fails for finding in findings) else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    try:
        sys.exit(main())
    except Refusal as refusal:
        sys.exit(f"\n{refusal}")
    except KeyboardInterrupt:
        sys.exit("\nInterrupted.")
