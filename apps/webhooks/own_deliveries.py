"""Deliveries that Campanile makes itself, of a file or a comparison: as the source would post them, so that everything after them is the same."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from django.utils import timezone

from apps.courses.differences import Difference, differences
from apps.courses.ledger import Origin
from apps.courses.models import Change
from apps.courses.models.sourced import Json
from apps.courses.preview import preview
from apps.notifications.reach import phones_in_reach
from apps.webhooks.bodies import Envelope
from apps.webhooks.dialects import spoken_by_us
from apps.webhooks.handlers import apply_events, parse_event
from apps.webhooks.intake import store
from apps.webhooks.models import Delivery

PAGE_COURSES = 200
PAGE_BYTES = 1024 * 1024
POLL_SECONDS = 0.1


def term_event(term: Json, at: datetime) -> Json:
    return {"type": "term.updated", "timestamp": at.isoformat(), "data": term}


def snapshot_events(term: str, courses: Sequence[Json], at: datetime) -> list[Json]:
    """All courses of a term, in as many pages as a post can hold. `courses` are documents; courses of the term that are not among them go."""
    pages = list(_pages(courses)) or [[]]
    snapshot = f"{term}-{at:%Y%m%dT%H%M%S}-{uuid4().hex[:8]}"
    return [
        {
            "type": "catalogue.snapshot",
            "timestamp": at.isoformat(),
            "data": {"snapshot_id": snapshot, "term": term, "page": n, "pages": len(pages), "courses": page},
        }
        for n, page in enumerate(pages, start=1)
    ]


def _pages(courses: Sequence[Json]) -> Iterator[list[Json]]:
    page: list[Json] = []
    room = PAGE_BYTES
    for course in courses:
        size = len(json.dumps(course, ensure_ascii=False).encode())
        if page and (size > room or len(page) == PAGE_COURSES):
            yield page
            page, room = [], PAGE_BYTES
        page.append(course)
        room -= size
    if page:
        yield page


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would change, course by course, and how many phones that concerns if it is not silenced."""

    differences: list[Difference]
    phones: int


def foresee(source: str, events: Sequence[Json]) -> Foreseen:
    """What delivering these events now would do. Other writers wait meanwhile. Raises Malformed."""
    now = timezone.now()
    origin = Origin(source=source, silenced=True)
    parsed = [parse_event(Envelope(event["type"], event), now=now) for event in events]
    phones = 0

    def apply() -> None:
        nonlocal phones
        outcomes = apply_events((event, origin) for event in parsed if event)
        revisions = [outcome.revision for outcome in outcomes if outcome.revision]
        phones = phones_in_reach(Change.objects.filter(change_set__in=revisions), now)

    found = preview(apply)
    return Foreseen(differences(found.changes, found.documents), phones)


def deliver(source: str, events: Sequence[Json], *, silenced: bool) -> list[Delivery]:
    """Stored, each in a commit of its own, for the worker to apply. What a crash leaves out can be delivered again as a whole."""
    batch = uuid4().hex[:16]
    receipts = [
        store(
            source=source,
            webhook_id=f"own-{batch}-{number}",
            sent_at=timezone.now(),
            type=event["type"],
            body=json.dumps(spoken_by_us(source, event), ensure_ascii=False).encode(),
            status=Delivery.Status.PENDING,
            silenced=silenced,
        )
        for number, event in enumerate(events, start=1)
    ]
    found = Delivery.objects.defer("body").in_bulk(
        [receipt.delivery for receipt in receipts], field_name="public_id"
    )
    return [found[receipt.delivery] for receipt in receipts]


def waited_for(
    deliveries: Sequence[Delivery], *, patience: float, say: Callable[[int], object] = lambda _: None
) -> list[Delivery]:
    """The same, as they are once none is pending, or after `patience` seconds. `say` is told how many are done when more are."""
    deadline = time.monotonic() + patience
    told = 0
    while True:
        rows = list(
            Delivery.objects.defer("body").filter(pk__in=[row.pk for row in deliveries]).order_by("pk")
        )
        done = sum(row.status != Delivery.Status.PENDING for row in rows)
        if done > told:
            say(done)
            told = done
        if done == len(rows) or time.monotonic() > deadline:
            return rows
        time.sleep(POLL_SECONDS)
