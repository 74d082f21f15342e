"""Posting events at a steady rate, with retries as Standard Webhooks has them: the same id and body, signed anew, after growing pauses."""

import heapq
import queue
import random
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from apps.demo.soak.tally import Tally
from apps.demo.soak.week import Event
from apps.webhooks.integrating.client import Answer, Client, Unreachable

FIRST_PAUSE = 5.0  # seconds; twice as long after every further try, give or take a fifth


@dataclass(order=True)
class _Try:
    due: float
    begun: float = field(compare=False)
    number: int = field(compare=False)
    event: Event = field(compare=False)


class Sender:
    """`patience` is for how many seconds an event is tried; after them it counts as an error."""

    def __init__(
        self, *, connect: Callable[[], Client], connections: int, patience: float, tally: Tally
    ) -> None:
        self._connect = connect
        self._patience = patience
        self._tally = tally
        self._ready: queue.SimpleQueue[_Try | None] = queue.SimpleQueue()
        self._resting: list[_Try] = []
        self._lock = threading.Lock()
        self._unsettled = 0
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(connections)]

    def send(
        self, events: Iterable[Event], *, rate: float, seconds: float, watch: Callable[[], object]
    ) -> None:
        """The events due in `seconds` at `rate` a second; then until the last is settled. `watch` is called now and then."""
        for thread in self._threads:
            thread.start()
        begun = time.monotonic()
        total = max(1, round(rate * seconds))
        for number, event in enumerate(events):
            while (wait := begun + number / rate - time.monotonic()) > 0:
                self._wake()
                watch()
                time.sleep(min(wait, 0.05))
            with self._lock:
                self._unsettled += 1
            now = time.monotonic()
            self._ready.put(_Try(due=now, begun=now, number=0, event=event))
            if number + 1 == total:
                break
        while self._unsettled:
            self._wake()
            watch()
            time.sleep(0.05)
        for _ in self._threads:
            self._ready.put(None)
        for thread in self._threads:
            thread.join()

    def _wake(self) -> None:
        with self._lock:
            while self._resting and self._resting[0].due <= time.monotonic():
                self._ready.put(heapq.heappop(self._resting))

    def _work(self) -> None:
        client = self._connect()
        while (attempt := self._ready.get()) is not None:
            self._try(client, attempt)
        client.close()

    def _try(self, client: Client, attempt: _Try) -> None:
        try:
            answer = client.post(attempt.event.body, id=attempt.event.id)
        except Unreachable:
            self._again(attempt, "no answer")
            return
        self._tally.answered(answer)
        if answer.status == 429 or answer.status >= 500:
            self._again(attempt, str(answer.status), _retry_after(answer))
            return
        told = answer.json()
        self._settle(
            told.get("status", "") if answer.status < 300 else str(answer.status), told.get("delivery", "")
        )

    def _again(self, attempt: _Try, reason: str, at_least: float = 0) -> None:
        pause = max(at_least, FIRST_PAUSE * 2**attempt.number * random.uniform(0.8, 1.2))  # noqa: S311
        due = time.monotonic() + pause
        if due - attempt.begun > self._patience:
            self._settle(reason)
            return
        self._tally.retried()
        with self._lock:
            heapq.heappush(self._resting, replace(attempt, due=due, number=attempt.number + 1))

    def _settle(self, verdict: str, delivery: str = "") -> None:
        self._tally.settled(verdict, delivery)
        with self._lock:
            self._unsettled -= 1


def _retry_after(answer: Answer) -> float:
    text = answer.headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdecimal() else 0.0
