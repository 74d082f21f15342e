"""The worker: one thread a lane, each polling its rows. Rows are the queue, so any number of workers share the load."""

import gc
import threading
import time
from collections.abc import Callable, Mapping

import structlog
from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError, connection

from apps.core.models import LaneHeartbeat

log = structlog.get_logger(__name__)

Step = Callable[[], int]
IDLE_SECONDS = 0.05
LOOK_SECONDS = 0.1
BEAT_SECONDS = 5.0
FEW = 20
DATABASE_AWAY_SECONDS = 1.0
FAULT_SECONDS = 10.0


class Lane:
    """Runs one step over and over: at once after a step that did something, after a short wait when there was nothing to do.

    A step returns how many things it did and raises on a fault. A fault is logged and slows down this lane alone. `idle` is the wait.
    A lane whose step costs by the step rather than by the thing may `gather`: after a step that did only a few it lets so many seconds
    pass from the beginning of one to that of the next. What comes after a quiet time waits for nothing. A lane that is told that there is
    something to do, by wake(), looks at once.
    """

    def __init__(
        self, name: str, step: Step, stopping: threading.Event, *, idle: float, gather: float
    ) -> None:
        self.name = name
        self._step = step
        self._idle = idle
        self._gather = gather
        self._stopping = stopping
        self._woken = threading.Event()
        self._faults = 0
        self._beaten_at = float("-inf")
        self.thread = threading.Thread(target=self._run, name=f"lane-{name}", daemon=True)

    def wake(self) -> None:
        self._woken.set()

    def _run(self) -> None:
        _running.add(self)
        try:
            while not self._stopping.is_set():
                self._woken.wait(self._turn())
                self._woken.clear()
        finally:
            _running.discard(self)
            connection.close()

    def _turn(self) -> float:
        """One step. Returns how many seconds to wait before the next."""
        try:
            self._beat()
            began = time.monotonic()
            done = self._step()
        except Exception as error:
            self._faults += 1
            log.exception("lane fault", lane=self.name, faults=self._faults)
            self._hang_up()
            return self._backoff(error)
        self._faults = 0
        if not done:
            return self._idle
        return max(0.0, began + self._gather - time.monotonic()) if done < FEW else 0

    def _backoff(self, error: Exception) -> float:
        away = isinstance(error, (OperationalError, InterfaceError))
        longest = DATABASE_AWAY_SECONDS if away else FAULT_SECONDS
        return float(min(longest, 0.1 * 2 ** min(self._faults - 1, 10)))

    def _hang_up(self) -> None:
        """The next step starts on a new connection."""
        try:
            connection.close()
        except DatabaseError:
            connection.connection = None

    def _beat(self) -> None:
        now = time.monotonic()
        if now - self._beaten_at >= BEAT_SECONDS:
            LaneHeartbeat.objects.beat(self.name)
            self._beaten_at = now


_running: set[Lane] = set()


def wake(name: str) -> None:
    """The lane of this name, if this process runs it. Elsewhere it finds by itself what there is to do, a little later."""
    for lane in tuple(_running):
        if lane.name == name:
            lane.wake()


class Worker:
    """`idle` names the lanes that wait longer than others when there is nothing to do, `gather` those that gather, both in seconds."""

    def __init__(
        self, steps: Mapping[str, Step], *, idle: Mapping[str, float] = {}, gather: Mapping[str, float] = {}
    ) -> None:
        self._told = False
        self._stopping = threading.Event()
        self._lanes = [
            Lane(name, step, self._stopping, idle=idle.get(name, IDLE_SECONDS), gather=gather.get(name, 0))
            for name, step in steps.items()
        ]

    def run(self, *, patience: float = 8.0) -> bool:
        """Until stop(), then at most `patience` seconds more for the running steps. False when a lane ended by itself.

        A step that takes longer is left behind: its transaction is rolled back when the process ends, and its rows are free again.
        """
        for lane in self._lanes:
            lane.thread.start()
        log.info("worker started", lanes=[lane.name for lane in self._lanes])
        while not self._told:
            time.sleep(LOOK_SECONDS)
            if dead := [lane.name for lane in self._lanes if not lane.thread.is_alive()]:
                log.error("lane ended", lanes=dead)
                self._end()
                return False
        self._end()
        deadline = time.monotonic() + patience
        for lane in self._lanes:
            lane.thread.join(max(0.0, deadline - time.monotonic()))
        late = [lane.name for lane in self._lanes if lane.thread.is_alive()]
        log.info("worker stopped", **({"left_behind": late} if late else {}))
        return True

    def _end(self) -> None:
        self._stopping.set()
        for lane in self._lanes:
            lane.wake()

    def stop(self) -> None:
        """From anywhere, also a signal handler: those run on the thread that waits in run(), which may hold the lock of an event just then."""
        self._told = True


def spare_collector() -> None:
    """What is loaded stays for good, and a batch makes objects by the hundred thousand that it needs until its end. Python would look
    through them for garbage again and again meanwhile.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
