"""Keeps programs running until told to stop, and then leaves none behind."""

import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from compose.local import console
from compose.local.child import Child
from compose.local.program import Program

TICK = 0.1
STEADY = 5.0
"""A child that lived this many seconds is started again at once."""
LONGEST_PAUSE = 4.0


class Watched:
    """A child and when it may be started again, later each time while it keeps dying at once."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.started = time.monotonic()
        self.pause = 0.0
        self.due: float | None = None

    def tick(self) -> None:
        if self.child.is_running():
            return
        now = time.monotonic()
        if self.due is None:
            if now - self.started >= STEADY:
                self.pause = 0.0
            self.due = now + self.pause
            console.say(f"{self.child.program.name} has ended; starting it again")
        if now >= self.due:
            self.child.start()
            self.started = time.monotonic()
            self.due = None
            self.pause = min(max(self.pause * 2, 0.5), LONGEST_PAUSE)


class Stop:
    """Whether to stop. No threading.Event: a signal handler runs on the thread that waits, which may hold the event's lock just then."""

    def __init__(self) -> None:
        self._why = ""
        self._said = False

    def set(self, why: str = "") -> None:
        self._why = self._why or why or "told"

    def is_set(self) -> bool:
        return bool(self._why)

    def wait(self, seconds: float) -> bool:
        """True as soon as it is set, False after so many seconds."""
        deadline = time.monotonic() + seconds
        while not self._why and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(left, TICK))
        if self._why and not self._said:
            self._said = True
            console.say(f"\nStopping ({self._why}) ...")
        return self.is_set()


class Supervisor:
    def __init__(self, run_dir: Path, stop: Stop) -> None:
        self.run_dir = run_dir
        self.stop = stop
        self.watched: list[Watched] = []
        self._stack = ExitStack()

    def __enter__(self) -> "Supervisor":
        return self

    def __exit__(self, *_: object) -> None:
        """Ends what was started here, the last first."""
        self._stack.close()

    def watch(self, children: Iterable[Child]) -> None:
        """Start these again when they die; ending them stays with whoever started them."""
        self.watched.extend(Watched(child) for child in children)

    def start(self, programs: Iterable[Program]) -> None:
        """Starts them and keeps them; when we end they are stopped in the reverse order."""
        children = [Child(program, self.run_dir) for program in programs]
        for child in children:
            self._stack.callback(child.stop)
            child.start()
        self.watch(children)

    def run(self, program: Program) -> int | None:
        """The exit code of a program that ends by itself, or None when we were told to stop before it did."""
        child = Child(program, self.run_dir)
        try:
            child.start()
            assert child.process is not None
            while not self.stop.wait(TICK):
                if (code := child.process.poll()) is not None:
                    return code
                self.tick()
            return None
        finally:
            child.stop()

    def keep(self) -> None:
        """Returns when told to stop."""
        while not self.stop.wait(TICK):
            self.tick()

    def tick(self) -> None:
        for watched in self.watched:
            watched.tick()


@contextmanager
def stop_on_signals() -> Iterator[Stop]:
    """Set by Ctrl-C, SIGTERM and SIGHUP, in place of an exception that could tear a start or a stop in two."""
    stop = Stop()

    def note(number: int, _: FrameType | None) -> None:
        stop.set(signal.Signals(number).name)

    numbers = [signal.SIGINT, signal.SIGTERM]
    if (
        signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN
    ):  # under nohup a closed terminal is no reason to stop
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, note) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
