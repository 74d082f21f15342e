"""What every event of a calendar says, whatever it is of."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from icalendar import Event, vText, vUri

Json = dict[str, Any]
# RFC 5545, section 3.1: no control characters but the tab; line breaks are escaped by the library.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_NOT_IN_URIS = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Version:
    """The last change set that touched what an event shows."""

    revision: int
    recorded_at: datetime


def event(
    *,
    uid: str,
    version: Version,
    starts_at: datetime,
    ends_at: datetime,
    summary: str,
    kind: str,
    url: str,
    rooms: list[str] | tuple[str, ...],
    description: list[str],
    online_url: str | None = None,
) -> Event:
    """Nothing in it depends on when it is rendered, so the same timetable has the same ETag."""
    made = Event()
    made.add("UID", uid)
    made.add("DTSTAMP", version.recorded_at)
    made.add("LAST-MODIFIED", version.recorded_at)
    made.add("SEQUENCE", version.revision)
    made.add("DTSTART", _exact(starts_at))
    # An event without an end takes no time. Two moments of one zone are compared by their clocks, so in UTC.
    if ends_at.astimezone(UTC) > starts_at.astimezone(UTC):
        made.add("DTEND", _exact(ends_at))
    made.add("SUMMARY", plain(summary))
    made.add("CATEGORIES", [kind])
    made.add("URL", vUri(_uri(url)))
    if rooms:
        made.add("LOCATION", plain(", ".join(rooms)))
    if description:
        made.add("DESCRIPTION", plain("\n".join(description)))
    if online_url:
        made.add("CONFERENCE", vUri(_uri(online_url), params={"VALUE": "URI"}))
    return made


def plain(text: str) -> vText:
    """A vText also where the library would take a property it does not know to be escaped already."""
    return vText(_CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))


def _uri(text: str) -> str:
    return _NOT_IN_URIS.sub("", text)


def _exact(moment: datetime) -> datetime:
    """An hour that a clock set back shows twice is the first one in RFC 5545, section 3.3.5; the second can only be told in UTC."""
    return moment.astimezone(UTC) if moment.fold else moment
