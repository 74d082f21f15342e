"""The table as a picture: for each finding how far it is from its target, on a scale where every step doubles."""

from collections.abc import Sequence
from html import escape
from math import log2

from tests.benchmarks.harness.findings import Finding, Verdict, figure

_WIDTH, _LINE, _TOP = 980, 26, 54
_BAR, _END = 500, 860
_LEAST, _MOST = -3, 5
_COLOURS = {Verdict.MET: "#2f855a", Verdict.MISSED: "#c53030", Verdict.NOISY: "#b7791f"}


def chart(findings: Sequence[Finding]) -> str:
    """SVG, with a ground of its own so that it can be read on light and dark pages."""
    shown = [finding for finding in findings if finding.values]
    height = _TOP + _LINE * len(shown) + 16
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" font-size="13">',
        f'<rect width="{_WIDTH}" height="{height}" rx="6" fill="#ffffff"/>',
        *_scale(height),
    ]
    for place, finding in enumerate(shown):
        parts += _bar(finding, _TOP + place * _LINE)
    return "\n".join([*parts, "</svg>", ""])


def _x(reached: float) -> float:
    power = min(max(log2(max(reached, 1e-9)), _LEAST), _MOST)
    return _BAR + (power - _LEAST) / (_MOST - _LEAST) * (_END - _BAR)


def _scale(height: int) -> list[str]:
    parts = []
    for power in range(_LEAST, _MOST + 1):
        x = _x(2.0**power)
        name = "target" if power == 0 else f"{2**power}x" if power > 0 else f"1/{2**-power}"
        colour, width = ("#1a202c", 1.5) if power == 0 else ("#e2e8f0", 1)
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="36" y2="{height - 12}" stroke="{colour}" stroke-width="{width}"/>'
        )
        parts.append(f'<text x="{x:.1f}" y="26" text-anchor="middle" fill="#4a5568">{name}</text>')
    return parts


def _bar(finding: Finding, y: int) -> list[str]:
    reached = finding.target.reached(finding.value)
    start, end = sorted((_x(1), _x(reached)))
    value = figure(finding.value, finding.target.unit)
    return [
        f'<text x="{_BAR - 10}" y="{y + 15}" text-anchor="end" fill="#1a202c">{finding.row}. {escape(_short(finding.what))}</text>',
        f'<rect x="{start:.1f}" y="{y + 3}" width="{max(end - start, 2):.1f}" height="16" rx="2" fill="{_COLOURS[finding.verdict]}"/>',
        f'<text x="{_END + 10}" y="{y + 15}" fill="#1a202c">{value} <tspan fill="#718096">{escape(str(finding.target))}</tspan></text>',
    ]


def _short(text: str) -> str:
    return text if len(text) <= 72 else f"{text[:71].rstrip(' ,')}…"
