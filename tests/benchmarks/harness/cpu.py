"""How much CPU processes have used, as Linux counts it."""

import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from compose.local.refusal import Refusal

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class _Process:
    pid: int
    parent: int
    used: float
    """Seconds, in steps of a clock tick."""
    of_ended_children: float

    @classmethod
    def read(cls, folder: Path) -> "_Process":
        """From proc(5), /proc/[pid]/stat: the name may hold spaces and brackets, so the fields are counted behind the last one."""
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
        user, system, ended_user, ended_system = (int(field) / _TICKS for field in fields[11:15])
        return cls(int(folder.name), int(fields[1]), user + system, ended_user + ended_system)

    def seconds(self) -> float:
        try:
            # The CPU clock of another process, to the nanosecond: the kernel's MAKE_PROCESS_CPUCLOCK(pid, CPUCLOCK_SCHED).
            own = time.clock_gettime((~self.pid << 3) | 2)
        except OSError:
            own = self.used  # it has just ended
        return own + self.of_ended_children


def spent(roots: Iterable[int]) -> float:
    """Seconds used so far by these processes and all that they started; what has ended is counted by who waited for it.

    Looked at until two looks agree on who is there and who has ended: between one's turn and its parent's it would be counted by neither.
    """
    roots = set(roots)
    before = None
    while True:
        processes = list(_with_descendants(roots))
        used = sum(process.seconds() for process in processes)
        now = {(process.pid, process.of_ended_children) for process in processes}
        if now == before:
            return used
        before = now


def _with_descendants(wanted: set[int]) -> Iterator[_Process]:
    processes = list(_all())
    found: set[int] = set()
    while wanted - found:
        found |= wanted
        wanted = found | {process.pid for process in processes if process.parent in found}
    return (process for process in processes if process.pid in found)


def _all() -> Iterator[_Process]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                yield _Process.read(folder)
            except OSError:
                continue  # it ended while we looked


def divide_cores() -> set[int]:
    """Keep this process, and with it all that is measured, off one core; returns the cores for those that only ask.

    With a single core both share it.
    """
    if sys.platform != "linux":
        raise Refusal("make bench counts CPU as Linux tells it in /proc, so it runs on Linux only.")
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        os.sched_setaffinity(0, set(cores[:-1]))
    return {cores[-1]}


@contextmanager
def united_cores(cores: set[int], roots: Iterable[int]) -> Iterator[None]:
    """This thread, what it starts and the roots run on the core of those who ask as well: for what is told on the clock, not in CPU."""
    divided = os.sched_getaffinity(0)
    _settle(roots, divided | cores)
    try:
        yield
    finally:
        _settle(roots, divided)


def _settle(roots: Iterable[int], cores: set[int]) -> None:
    os.sched_setaffinity(0, cores)
    for process in _with_descendants(set(roots)):
        with suppress(ProcessLookupError):
            os.sched_setaffinity(process.pid, cores)
