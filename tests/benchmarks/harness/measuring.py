"""Two sides of a comparison, measured in turn until the noise is small."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from tests.benchmarks.harness.progress import progress

LARGEST_NOISE = 0.10
ROUNDS = 3
LONGEST_SECONDS = 600.0
"""How often a comparison with too much noise is made, unless it has taken so long by then."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What one unit (a request, a row, a start) took: seconds of CPU of everything concerned, and seconds on the clock."""

    cpu: float
    wall: float


Side = Callable[[], Sample]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Repetitions of both sides, interleaved: the n-th of one was made beside the n-th of the other."""

    ours: Sequence[Sample]
    peer: Sequence[Sample]

    def ratios(self) -> list[float]:
        """How many times as much CPU as ours the peer took, in each repetition."""
        return [peer.cpu / ours.cpu for ours, peer in zip(self.ours, self.peer, strict=True)]

    @property
    def noise(self) -> float:
        return noise(self.ratios())


def noise(values: Sequence[float]) -> float:
    """Half the distance between the quartiles, as a share of the median."""
    if len(values) < 2:
        return 0.0
    low, middle, high = quantiles(values, n=4, method="inclusive")
    return (high - low) / 2 / middle if middle else 0.0


def middle(samples: Sequence[Sample]) -> Sample:
    return Sample(median(sample.cpu for sample in samples), median(sample.wall for sample in samples))


def compare(ours: Side, peer: Side, *, repeat: int) -> Comparison:
    """Ours, peer, ours, peer: what disturbs the machine disturbs both."""
    return compare_all(lambda: {"": (ours(), peer())}, repeat=repeat)[""]


def compare_all(
    once: Callable[[], Mapping[str, tuple[Sample, Sample]]], *, repeat: int
) -> dict[str, Comparison]:
    """The same for several comparisons made in one go, ours and peer each. The quietest of at most ROUNDS rounds."""
    began = time.monotonic()
    best: dict[str, Comparison] = {}
    for _ in range(ROUNDS):
        for name, found in _round(once, repeat).items():
            if name not in best or found.noise < best[name].noise:
                best[name] = found
        loudest = max(found.noise for found in best.values())
        if loudest <= LARGEST_NOISE or time.monotonic() - began > LONGEST_SECONDS:
            break
        progress(f"noise {loudest:.0%}, once more")
    return best


def _round(once: Callable[[], Mapping[str, tuple[Sample, Sample]]], repeat: int) -> dict[str, Comparison]:
    samples: dict[str, list[tuple[Sample, Sample]]] = {}
    for number in range(repeat):
        for name, (ours, peer) in once().items():
            samples.setdefault(name, []).append((ours, peer))
            told = f"{ours.cpu * 1e6:,.0f} and {peer.cpu * 1e6:,.0f} us of CPU"
            progress(f"{number + 1} of {repeat}: {name} {told}", passing=True)
    return {
        name: Comparison([ours for ours, _ in pairs], [peer for _, peer in pairs])
        for name, pairs in samples.items()
    }
