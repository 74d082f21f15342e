"""Which meetings of one person's schedule overlap in time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

Json = dict[str, Any]


def with_clashes(items: Sequence[Json]) -> list[Json]:
    """Occurrences as schedule.read gives them, by start, each with `clashes`: the entries that meet while it does."""
    shown = [{**item, "clashes": []} for item in items]
    running: list[tuple[datetime, Json]] = []
    for item in shown:
        if item["status"] == "cancelled":
            continue
        starts_at, ends_at = (
            datetime.fromisoformat(item["starts_at"]),
            datetime.fromisoformat(item["ends_at"]),
        )
        running = [(until, other) for until, other in running if until > starts_at]
        for _, other in running:
            other["clashes"].append(item["entry"])
            item["clashes"].append(other["entry"])
        running.append((ends_at, item))
    return shown
