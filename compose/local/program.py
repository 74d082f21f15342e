import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


def _nothing() -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to run and how to end it, as a plain value."""

    name: str
    argv: list[str]
    run_as: list[str] = field(default_factory=list)
    """What to put before argv so that it runs under another account."""
    environ: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 10.0
    """Seconds between the stop signal and SIGKILL."""
    output: Literal["prefixed", "plain"] | Path = "prefixed"
    """Lines on our own output with or without the name before them, or a file, begun anew at each start."""
    prepare: Callable[[], None] = _nothing
    """Called before each start, when nothing of an earlier one is alive any more."""
