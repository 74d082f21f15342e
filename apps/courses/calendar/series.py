"""An entry as events: a weekly series with its exceptions, and what lies beside the series.

The series is an RRULE with EXDATEs, since Outlook and Google do not read RDATE (RFC 5545 has it) as they should. What happens on a date
that is none of the entry's regular ones (added, or moved from a free day) is an event of its own.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Event

from apps.courses.calendar.events import Version, event
from apps.courses.schedule import instant, span
from apps.courses.timetable import Calendar, Occurrence, occurrences, regular_dates

Json = dict[str, Any]
CANCELLED_KEPT = timedelta(days=60)
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def entry_events(
    entry: Json, *, calendar: Calendar, zone: ZoneInfo, version: Version, today: date
) -> Iterator[Event]:
    """`entry` as in the schedule, its times HH:MM. Meetings cancelled long before `today` are left out."""
    regular = sorted(regular_dates(entry, calendar))
    kept = [meeting for meeting in occurrences(entry, calendar) if not _long_cancelled(meeting, today)]
    slots = {_slot(meeting): meeting for meeting in kept if meeting.status != "added"}
    taught = [day for day in regular if day in slots]
    if taught:
        yield _series(entry, regular, taught, zone, version)
    for day in taught:
        if slots[day].status != "scheduled":
            changed = _event(entry, slots[day], str(entry["id"]), zone, version)
            changed.add("RECURRENCE-ID", instant(day, entry["starts_at"], zone))
            yield changed
    seen: Counter[date] = Counter()
    for meeting in kept:
        day = _slot(meeting)
        if meeting.status == "added" or day not in taught:
            seen[day] += 1
            nth = f"-{seen[day]}" if seen[day] > 1 else ""
            yield _event(entry, meeting, f"{entry['id']}-{day:%Y%m%d}{nth}", zone, version)


def _series(entry: Json, regular: list[date], taught: list[date], zone: ZoneInfo, version: Version) -> Event:
    """On the weekdays of the regular dates (more than one where a day is taught as another) from the first to the last."""
    starts_at = entry["starts_at"]
    weekdays = sorted({day.weekday() for day in regular})
    whole = Occurrence(
        regular[0], starts_at, entry["ends_at"], tuple(entry["rooms"]), tuple(entry["teachers"]), "scheduled"
    )
    series = _event(entry, whole, str(entry["id"]), zone, version)
    series.add(
        "RRULE",
        {
            "FREQ": "WEEKLY",
            "UNTIL": instant(regular[-1], starts_at, zone).astimezone(UTC),
            "BYDAY": [_WEEKDAYS[weekday] for weekday in weekdays],
        },
    )
    span = (regular[0] + timedelta(days=n) for n in range((regular[-1] - regular[0]).days + 1))
    free = [day for day in span if day.weekday() in weekdays and day not in set(taught)]
    if free:
        series.add("EXDATE", [instant(day, starts_at, zone) for day in free])
    return series


def _event(entry: Json, meeting: Occurrence, name: str, zone: ZoneInfo, version: Version) -> Event:
    starts_at, ends_at = span(meeting, zone).local
    made = event(
        uid=f"{name}@campanile",
        version=version,
        starts_at=starts_at,
        ends_at=ends_at,
        summary=f"{entry['course__code']} {entry['course__title']} ({entry['kind']})",
        kind=entry["kind"],
        url=entry["course__url"] or f"campanile://courses/{entry['course_id']}/entries/{entry['id']}",
        rooms=meeting.rooms,
        description=[
            *([", ".join(meeting.teachers)] if meeting.teachers else []),
            *([meeting.note] if meeting.note else []),
        ],
        online_url=entry["online_url"],
    )
    if meeting.status == "cancelled":
        made.add("STATUS", "CANCELLED")
    return made


def _slot(meeting: Occurrence) -> date:
    return (meeting.original or meeting).date


def _long_cancelled(meeting: Occurrence, today: date) -> bool:
    """A cancelled meeting is shown as such until 60 days after it was to be; then it is a date the series leaves out."""
    return meeting.status == "cancelled" and today - _slot(meeting) > CANCELLED_KEPT
