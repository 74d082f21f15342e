"""From cells to entries and sittings, with every fault at its line and column."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from apps.core.tables.reading import Row, Rows
from apps.courses.models.sourced import Json
from apps.courses.payloads import ENTRY, EXAM, SITTING
from apps.courses.shapes import Faulty, Shape
from apps.webhooks.tables import cells
from apps.webhooks.tables.drafts import Draft

_ENTRY: Mapping[str, Callable[[str], Any]] = {
    "id": str,
    "kind": cells.entry_kind,
    "weekday": cells.weekday,
    "rooms": cells.several,
    "teachers": cells.several,
    "groups": cells.several,
    "weeks": cells.weeks,
    "online_url": str,
}


def add_entry(draft: Draft, row: Row, rows: Rows, term: Json) -> None:
    days = dict.fromkeys(("valid_from", "valid_until"), _day(term))
    values, sound = _values({**_ENTRY, **days}, row, rows)
    times = _times(row, rows)
    if _missing(row, rows, "kind", "weekday") or not sound or times is None:
        return
    entry = {**values, "starts_at": times[0], "ends_at": times[1]}
    if canonical := _checked(ENTRY, {"id": "new", **entry}, row, rows):
        if "id" not in entry:
            del canonical["id"]
        draft.entries.append((canonical, row))


def add_sitting(draft: Draft, row: Row, rows: Rows, term: Json) -> None:
    """Rows of one course with the same kind and period, or the same id, are the sittings of one exam."""
    exam, sound = _values({"id": str, "kind": cells.exam_kind, "period": str, "note": str}, row, rows)
    place, placed = _values(
        {"date": _day(term), "weekday": cells.weekday, "rooms": cells.several, "groups": cells.several},
        row,
        rows,
    )
    times = _times(row, rows)
    if not sound or not placed or _missing(row, rows, "date") or times is None:
        return
    if place.get("weekday", cells.iso_weekday(place["date"])) != cells.iso_weekday(place["date"]):
        rows.fault(row.line, "weekday", f"is not the weekday of {place['date']}")
        return
    zone = ZoneInfo(term["time_zone"])
    starts_at, ends_at = (
        datetime.fromisoformat(f"{place['date']}T{at}").replace(tzinfo=zone).isoformat() for at in times
    )
    sitting = {
        "starts_at": starts_at,
        "ends_at": ends_at,
        "rooms": place.get("rooms", []),
        "groups": place.get("groups", []),
    }
    canonical = _checked(SITTING, sitting, row, rows)
    described = _checked(EXAM, {"kind": "written", **exam, "id": exam.get("id", "new")}, row, rows)
    if canonical and described:
        draft.sittings.append(({"kind": "written", **exam}, canonical, row))


def _times(row: Row, rows: Rows) -> tuple[str, str] | None:
    """From `time`, or `starts_at` and `ends_at`, or a beginning and a `duration`."""
    starts_at = ends_at = None
    values, sound = _values(
        {"time": cells.hours, "starts_at": cells.hour, "ends_at": cells.hour, "duration": cells.whole},
        row,
        rows,
    )
    if not sound or row.spoilt & {"time", "starts_at", "ends_at", "duration"}:
        return None
    if "time" in values:
        starts_at, ends_at = values["time"]
    starts_at, ends_at = values.get("starts_at", starts_at), values.get("ends_at", ends_at)
    if starts_at and not ends_at and "duration" in values:
        try:
            ends_at = cells.later(starts_at, values["duration"])
        except ValueError as error:
            rows.fault(row.line, "duration", str(error))
            return None
    if not starts_at or not ends_at:
        column = next(
            (name for name in ("time", "starts_at" if not starts_at else "ends_at") if name in rows.headers),
            "time",
        )
        rows.fault(row.line, column, "must say when it begins and ends, such as 09:15-12:00")
        return None
    if ends_at <= starts_at:
        rows.fault(
            row.line,
            "time" if "time" in row.cells else "ends_at",
            f"ends at {ends_at}, which is not after {starts_at}",
        )
        return None
    return starts_at, ends_at


def _day(term: Json) -> Callable[[str], str]:
    return lambda text: cells.day(text, term["starts_on"], term["ends_on"])


def _values(readers: Mapping[str, Callable[[str], Any]], row: Row, rows: Rows) -> tuple[Json, bool]:
    values, sound = {}, True
    for name, read in readers.items():
        if name in row.cells:
            try:
                values[name] = read(row.cells[name])
            except ValueError as error:
                rows.fault(row.line, name, f"{row.cells[name][:40]!r} {error}")
                sound = False
    return values, sound


def _missing(row: Row, rows: Rows, *names: str) -> bool:
    missing = [name for name in names if name not in row.cells]
    for name in set(missing) - row.spoilt:
        rows.fault(row.line, name, "is empty")
    return bool(missing)


def _checked(shape: Shape, values: Json, row: Row, rows: Rows) -> Json | None:
    """What the contract allows beyond what a cell can tell: lengths and numbers."""
    try:
        return shape.read(values)
    except Faulty as error:
        for place, detail in error.faults:
            rows.fault(row.line, str(place[0]) if place else "", detail)
        return None
