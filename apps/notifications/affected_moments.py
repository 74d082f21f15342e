"""When what changed begins: every meeting and sitting that is not as it was, in its version before and in the one after.

From documents, also of what is gone, by the timetable's own code; what begins by the tables as they are now is courses/beginnings.py.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, tzinfo
from typing import Any

from apps.courses.timetable import NO_TERM, Calendar, occurrences
from apps.notifications.net_change import NetChange
from apps.notifications.subjects import Subjects

Json = dict[str, Any]
_BLANK: Json = dict.fromkeys(("kind", "online_url", "weeks", "valid_from", "valid_until"))
_BLANK |= {"rooms": [], "teachers": [], "groups": [], "exceptions": []}


def affected_moments(changes: Iterable[NetChange], subjects: Subjects) -> Iterator[datetime]:
    """A day on which the calendar of the term differs begins to matter when it ends; nobody knows which of its classes is meant."""
    by_object: dict[uuid.UUID, list[NetChange]] = {}
    for change in changes:
        by_object.setdefault(change.id, []).append(change)
    for group in by_object.values():
        zone, days = subjects.zone(group[0]), {day for change in group for day in change.dates}
        found = [
            moment for moment in _of_object(group, subjects, zone) if moment.astimezone(zone).date() in days
        ]
        yield from found
        # Days of which the documents do not tell the hour.
        usual = min(_usual_hours(group, subjects), default=time.max)
        yield from (
            datetime.combine(day, usual, zone) for day in days - {m.astimezone(zone).date() for m in found}
        )


def _of_object(group: Sequence[NetChange], subjects: Subjects, zone: tzinfo) -> Iterator[datetime]:
    first = group[0]
    term = subjects.terms.get(first.term) if first.term else None
    calendar = Calendar((term and term.public()) or NO_TERM)
    old, new = _versions(group, subjects)
    match first.object:
        case "entry":
            yield from _meetings([old], [new], calendar, zone)
        case "exam":
            yield from _sittings([old, new])
        case "course":
            before, after = ((version or {}).get("entries", []) for version in (old, new))
            yield from _meetings(before, after, calendar, zone)
            yield from _sittings(exam for version in (old, new) for exam in (version or {}).get("exams", []))


def _versions(group: Sequence[NetChange], subjects: Subjects) -> tuple[Json | None, Json | None]:
    if group[0].field == "":
        return group[0].old, group[0].new
    whole = subjects.wholes.get(group[0].id, {})
    old, new = ({**whole, **{each.field: getattr(each, side) for each in group}} for side in ("old", "new"))
    return old, new


def _meetings(
    old: Sequence[Json | None], new: Sequence[Json | None], calendar: Calendar, zone: tzinfo
) -> Iterator[datetime]:
    before, after = (
        {seen for entry in version if entry for seen in _seen(entry, calendar)} for version in (old, new)
    )
    for day, starts_at, _ in before ^ after:
        yield datetime.combine(day, time.fromisoformat(starts_at), zone)


def _seen(entry: Json, calendar: Calendar) -> Iterator[tuple[date, str, object]]:
    """A meeting that is moved to another day is seen on both."""
    if not {"weekday", "starts_at", "ends_at"} <= entry.keys():
        return
    whole = {**_BLANK, **entry}
    about = (whole["kind"], whole["online_url"], tuple(whole["groups"]))
    for meeting in occurrences(whole, calendar):
        yield meeting.date, meeting.starts_at, (about, meeting)
        if meeting.original and meeting.original.date != meeting.date:
            yield meeting.original.date, meeting.original.starts_at, (about, meeting)


def _sittings(exams: Iterable[Json | None]) -> Iterator[datetime]:
    for exam in exams:
        for sitting in (exam or {}).get("sittings") or []:
            yield datetime.fromisoformat(sitting["starts_at"])


def _usual_hours(group: Sequence[NetChange], subjects: Subjects) -> Iterator[time]:
    for version in _versions(group, subjects):
        if group[0].object == "entry" and version and version.get("starts_at"):
            yield time.fromisoformat(version["starts_at"])
