"""Two sides of a comparison, measured in turn until the noise is small."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from tests.benchmarks.harness.progress import progress

LARGEST_NOISE = 0.10
ROUNDS = 3
"""How often a comparison with too much noise is made anew."""


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
    """Ours, peer, ours, peer: what disturbs the machine disturbs both. The quietest of at most ROUNDS rounds."""
    best: Comparison | None = None
    for _ in range(ROUNDS):
        found = _once(ours, peer, repeat)
        if best is None or found.noise < best.noise:
            best = found
        if best.noise <= LARGEST_NOISE:
            break
        progress(f"noise {found.noise:.0%}, once more")
    assert best is not None
    return best


def _once(ours: Side, peer: Side, repeat: int) -> Comparison:
    samples: list[tuple[Sample, Sample]] = []
    for number in range(repeat):
        samples.append((ours(), peer()))
        mine, other = samples[-1]
        progress(
            f"{number + 1} of {repeat}: {mine.cpu * 1e6:,.0f} and {other.cpu * 1e6:,.0f} us of CPU",
            passing=True,
        )
    return Comparison([mine for mine, _ in samples], [other for _, other in samples])
