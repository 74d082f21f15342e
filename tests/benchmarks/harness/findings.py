"""What is found and what was wanted: a line of the table each."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from statistics import median

from tests.benchmarks.harness.measuring import LARGEST_NOISE, Comparison, middle, noise


class Verdict(Enum):
    MET = "met"
    MISSED = "missed"
    NOISY = "too noisy"
    SKIPPED = "skipped"
    BROKEN = "broken"

    @property
    def fails(self) -> bool:
        return self in (Verdict.MISSED, Verdict.NOISY, Verdict.BROKEN)


@dataclass(frozen=True, slots=True)
class Target:
    """`unit` follows the figure: "x" for ratios."""

    value: float
    at_least: bool = True
    unit: str = "x"

    def missed_by(self, value: float, tolerance: float) -> bool:
        """By more than the tolerance, a share of the value."""
        return value * (1 + tolerance) < self.value if self.at_least else value * (1 - tolerance) > self.value

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {figure(self.value, self.unit)}"

    def reached(self, value: float) -> float:
        """How far beyond the target: 1 is just there, 2 twice as good."""
        if not self.at_least:
            return self.value / value if value else 2.0
        return value / self.value if self.value else 1.0


@dataclass(frozen=True, slots=True)
class Finding:
    row: int
    what: str
    target: Target
    values: Sequence[float] = ()
    ours: str = ""
    peer: str = ""
    skipped: str = ""
    """Why there are no values, as the machine cannot measure them."""
    broken: str = ""
    """Why there are none, though there should be."""
    note: str = ""

    @property
    def value(self) -> float:
        return median(self.values)

    @property
    def spread(self) -> float:
        return noise(self.values)

    @property
    def verdict(self) -> Verdict:
        if self.broken:
            return Verdict.BROKEN
        if self.skipped:
            return Verdict.SKIPPED
        if self.spread > LARGEST_NOISE:
            return Verdict.NOISY
        return Verdict.MISSED if self.target.missed_by(self.value, self.spread) else Verdict.MET


def at_least(row: int, what: str, target: float, found: Comparison, *, unit: str = "request") -> Finding:
    """How many times as much as ours the peer takes."""
    return _of(row, what, Target(target), found, found.ratios(), unit)


def at_most(row: int, what: str, target: float, found: Comparison, *, unit: str = "request") -> Finding:
    """How many times as much as the peer ours takes."""
    return _of(
        row, what, Target(target, at_least=False), found, [1 / ratio for ratio in found.ratios()], unit
    )


def _of(
    row: int, what: str, target: Target, found: Comparison, values: Sequence[float], unit: str
) -> Finding:
    ours, peer = middle(found.ours), middle(found.peer)
    return Finding(
        row=row,
        what=what,
        target=target,
        values=values,
        ours=f"{duration(ours.cpu)} a {unit} ({duration(ours.wall)})",
        peer=f"{duration(peer.cpu)} a {unit} ({duration(peer.wall)})",
    )


def duration(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1e3:.3g} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.3g} µs"


def figure(value: float, unit: str) -> str:
    number = f"{value:,.0f}" if value >= 100 or (value == int(value) and value >= 10) else f"{value:.3g}"
    return f"{number}{unit}" if unit in ("x", "") else f"{number} {unit}"
