"""What a calendar program makes of our calendars: read by icalendar, unrolled by recurring-ical-events."""

from datetime import UTC, date, datetime
from typing import Any

import recurring_ical_events
from icalendar import Calendar

# (entry, start, end, rooms, cancelled), moments in UTC
Meeting = tuple[str, datetime, datetime, str, bool]


def events(text: bytes) -> list[Any]:
    found: list[Any] = Calendar.from_ical(text).walk("VEVENT")
    return found


def unrolled(text: bytes, first: date = date(2025, 1, 1), last: date = date(2028, 1, 1)) -> list[Meeting]:
    """Every meeting, a series unrolled with its exceptions, by start."""
    found: list[Any] = recurring_ical_events.of(Calendar.from_ical(text)).between(first, last)
    return sorted(
        (
            event["UID"][:36],
            event.start.astimezone(UTC),
            event.end.astimezone(UTC),
            str(event.get("LOCATION", "")),
            event.get("STATUS") == "CANCELLED",
        )
        for event in found
    )


def expected(items: list[dict[str, Any]]) -> list[Meeting]:
    """The same of occurrences as the API lists them."""
    return sorted(
        (
            item["entry"],
            datetime.fromisoformat(item["starts_at"]).astimezone(UTC),
            datetime.fromisoformat(item["ends_at"]).astimezone(UTC),
            ", ".join(item["rooms"]),
            item["status"] == "cancelled",
        )
        for item in items
    )
