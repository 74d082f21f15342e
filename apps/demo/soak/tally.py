"""What a soak has seen, counted by many threads."""

import math
import threading
from collections import Counter
from collections.abc import Iterator, Sequence

from apps.webhooks.integrating.client import Answer

# Of answers to deliveries that are the sender's to be glad about.
GOOD = ("accepted", "duplicate", "ignored")


class Tally:
    """Latencies are seconds of every answer, also of those that ask for a retry."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.verdicts: Counter[str] = Counter()
        self.retries = 0
        self.latencies: list[float] = []
        self.accepted: list[str] = []

    def answered(self, answer: Answer) -> None:
        with self._lock:
            self.latencies.append(answer.seconds)

    def settled(self, verdict: str, delivery: str = "") -> None:
        """Once for each event: one of GOOD, or what it ended with instead."""
        with self._lock:
            self.verdicts[verdict] += 1
            if verdict == "accepted":
                self.accepted.append(delivery)

    def retried(self) -> None:
        with self._lock:
            self.retries += 1

    @property
    def errors(self) -> Counter[str]:
        return Counter({verdict: n for verdict, n in self.verdicts.items() if verdict not in GOOD})

    def line(self, seconds: float) -> str:
        with self._lock:
            settled, latencies = self.verdicts.copy(), sorted(self.latencies[-1000:])
            return (
                f"{seconds:5.0f} s  {sum(settled.values()):,} answered, {settled['accepted']:,} accepted, "
                f"{settled['duplicate']:,} duplicate, {self.errors.total():,} errors, {self.retries:,} retries, "
                f"p95 {percentile(latencies, 95) * 1000:.0f} ms"
            )


def percentile(ordered: Sequence[float], percent: float) -> float:
    """By the nearest rank; 0 of nothing."""
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)] if ordered else 0.0


def percentiles(values: Sequence[float]) -> Iterator[tuple[str, float]]:
    ordered = sorted(values)
    for percent in (50, 95, 99):
        yield f"p{percent}", percentile(ordered, percent)
    yield "max", ordered[-1] if ordered else 0.0
