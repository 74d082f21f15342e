"""What a table was measured on."""

import os
import platform
import tempfile
from datetime import UTC, datetime
from pathlib import Path


class Machine:
    """As it is before the run. Told afterwards, also what its host kept of its CPU meanwhile."""

    def __init__(self) -> None:
        self._cores = len(os.sched_getaffinity(0))  # the run takes one from this process
        self._load = os.getloadavg()[0]
        self._before = _ticks()

    def __str__(self) -> str:
        (stolen, spent), (stolen_before, spent_before) = _ticks(), self._before
        return (
            f"{self._cores} cores of {_processor()}, Linux, Python {platform.python_version()}, PostgreSQL's data on "
            f"{_filesystem(tempfile.gettempdir())}, {datetime.now(UTC):%d %B %Y}, with a load of {self._load:.1f} before it began; the host "
            f"kept {(stolen - stolen_before) / max(1, spent - spent_before):.0%} of the CPU meanwhile"
        )


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _ticks() -> tuple[int, int]:
    """Of all cores since the start: stolen by the host, and all (proc_stat(5))."""
    ticks = [int(each) for each in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return ticks[7], sum(ticks)


def _filesystem(folder: str) -> str:
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    over = [(point, kind) for point, kind in mounts if Path(folder).is_relative_to(point)]
    return max(over, key=lambda mount: len(mount[0]))[1]
