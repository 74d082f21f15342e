"""Telling what happens while it happens, with the time of each step."""

import time
from collections.abc import Callable

Say = Callable[[str], object]


class Narrator:
    """Times are milliseconds of the monotonic clock, counted from `start_clock`."""

    def __init__(self, say: Say) -> None:
        self.say = say
        self.started: float | None = None

    def heading(self, text: str) -> None:
        self.say(f"\n{text}")

    def start_clock(self) -> None:
        self.started = time.monotonic()

    def elapsed(self) -> float:
        return 0.0 if self.started is None else (time.monotonic() - self.started) * 1000

    def step(self, text: str, *details: str) -> None:
        clock = "" if self.started is None else f"{self.elapsed():.0f} ms"
        self.say(f"{clock:>9}  {text}")
        for detail in details:
            self.say(f"{'':>9}    {detail}")
