"""The table, on the terminal and in docs/benchmarks.md."""

from collections.abc import Sequence

from compose.local.environment import ROOT
from tests.benchmarks.harness.chart import chart
from tests.benchmarks.harness.findings import Finding, Verdict, figure
from tests.benchmarks.harness.measuring import LONGEST_SECONDS, ROUNDS

HEADINGS = ("#", "what", "ours", "peer", "ratio", "spread", "target", "")
PAGE = ROOT / "docs" / "benchmarks.md"
CHART = ROOT / "docs" / "benchmarks.svg"
_INTRODUCTION = """\
# Benchmarks

`make bench` wrote this page: it measures Campanile beside peers that do the same job, on PostgreSQL and Valkey of its own, and exits with
1 when a target is missed. `make bench ONLY=reads` (or `ONLY=1,3`) measures a part and only prints it; `REPEAT=9` repeats more often.

- **ours** and **peer** are the CPU time of everything concerned, the server with all its processes, PostgreSQL and Redis, and in brackets
  the time on the clock, both as medians. Who asks is a process of its own that is not counted, on a core of its own where there are two.
- Both sides are measured in turn, {repeat} times each. **ratio** is the median of the ratios of neighbours, **spread** half the distance
  between their quartiles. A spread above 10 % is a failure in itself, after {rounds} tries, or fewer that took {minutes:.0f} minutes.
- Peers are real, tuned fairly, in `tests/benchmarks/peers/`, and checked to answer with the same bytes or to write the same rows; each row
  says in `tests/benchmarks/rows/` what is compared and why that is fair. [Where the time goes](speed.md) says what is left of it.

Measured on {machine}.

![How far each row is from its target](benchmarks.svg)
"""


def cells(finding: Finding) -> tuple[str, ...]:
    value = figure(finding.value, finding.target.unit) if finding.values else ""
    spread = f"± {finding.spread:.0%}" if len(finding.values) > 1 else ""
    why = finding.broken or finding.skipped
    verdict = finding.verdict.value + (f": {why.splitlines()[0]}" if why else "")
    return (
        str(finding.row),
        finding.what,
        finding.ours,
        finding.peer,
        value,
        spread,
        str(finding.target),
        verdict,
    )


def table(findings: Sequence[Finding]) -> str:
    rows = [HEADINGS, *map(cells, findings)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def page(findings: Sequence[Finding], *, repeat: int, machine: str) -> str:
    lines = [HEADINGS, tuple("---" for _ in HEADINGS), *(_marked(finding) for finding in findings)]
    written = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    return f"{_INTRODUCTION.format(repeat=repeat, rounds=ROUNDS, minutes=LONGEST_SECONDS / 60, machine=machine)}\n{written}\n"


def _marked(finding: Finding) -> tuple[str, ...]:
    *others, verdict = cells(finding)
    return (*others, verdict if finding.verdict is Verdict.MET else f"**{verdict}**")


def write(findings: Sequence[Finding], *, repeat: int, machine: str) -> None:
    PAGE.write_text(page(findings, repeat=repeat, machine=machine), encoding="utf-8")
    CHART.write_text(chart(findings), encoding="utf-8")
