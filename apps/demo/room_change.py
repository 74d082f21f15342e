"""The news of the demo: one class that students follow and that meets soon gets another room."""

import copy
import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from apps.courses.models import Course, Entry
from apps.webhooks.secrets import keys_for
from apps.webhooks.signatures import sign


@dataclass(frozen=True, slots=True)
class RoomChange:
    """`old` and `new` are the rooms of the entry, as the course service names them."""

    course: Course
    entry: Entry
    old: list[str]
    new: list[str]

    def event(self, now: datetime) -> bytes:
        """A course.updated with the whole course: the source's own document, other rooms in one entry."""
        document = copy.deepcopy(self.course.source_document)
        assert document is not None, "a course with entries came in a document"
        # Without a clock of its own the document is as new as the event.
        document.pop("updated_at", None)
        for entry in document["entries"]:
            if entry["id"] == self.entry.external_id:
                entry["rooms"] = self.new
        event = {"type": "course.updated", "timestamp": now.isoformat(), "data": document}
        return json.dumps(event, ensure_ascii=False).encode()


def plan(*, entry_id: str) -> RoomChange | None:
    """Into a room that no class of the term uses at that hour: the next one by name, so that every run finds another. One where such
    classes meet, if there are some to choose from. None when all are taken.
    """
    entry = Entry.objects.select_related("course__term").get(pk=entry_id)
    same_term = Entry.objects.filter(course__term=entry.course.term, course__visible=True)
    at_that_hour = same_term.filter(
        weekday=entry.weekday, starts_at__lt=entry.ends_at, ends_at__gt=entry.starts_at
    )
    suitable, every, taken = (
        set(chain.from_iterable(entries.values_list("rooms", flat=True)))
        for entries in (same_term.filter(kind=entry.kind), same_term, at_that_hour)
    )
    free = sorted(suitable - taken)
    if len(free) < 2:
        free = sorted(every - taken)
    if not free:
        return None
    current = entry.rooms[0]
    new = next((room for room in free if room > current), free[0])
    return RoomChange(course=entry.course, entry=entry, old=list(entry.rooms), new=[new, *entry.rooms[1:]])


def signed_headers(*, source: str, body: bytes, now: datetime) -> dict[str, str]:
    """Standard Webhooks 1.0.0, with the first active secret of the source."""
    message_id = f"msg_{secrets.token_hex(12)}"
    timestamp = int(now.timestamp())
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(key=keys_for(source)[0], id=message_id, timestamp=timestamp, body=body),
    }
