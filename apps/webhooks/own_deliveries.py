"""Deliveries that Campanile makes itself, of a file or a comparison: as the source would post them, so that everything after them is the same."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import uuid4

from django.utils import timezone

from apps.courses.ledger import Origin
from apps.courses.models.sourced import Json
from apps.courses.preview import Preview, preview
from apps.webhooks.bodies import Envelope
from apps.webhooks.handlers import parse_event
from apps.webhooks.intake import store
from apps.webhooks.models import Delivery

PAGE_COURSES = 200
PAGE_BYTES = 1024 * 1024


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


def foresee(source: str, events: Sequence[Json]) -> Preview:
    """What delivering these events now would change. Raises Malformed."""
    now = timezone.now()
    parsed = [parse_event(Envelope(event["type"], event), now=now) for event in events]

    def apply() -> None:
        for event in parsed:
            assert event is not None, "of a type we make ourselves"
            event.apply(Origin(source=source, silenced=True))

    return preview(apply)


def deliver(source: str, events: Sequence[Json], *, silenced: bool) -> list[Delivery]:
    """Stored, each in a commit of its own, for the worker to apply. What a crash leaves out can be delivered again as a whole."""
    batch = uuid4().hex
    receipts = [
        store(
            source=source,
            webhook_id=f"own-{batch}-{number}",
            sent_at=timezone.now(),
            type=event["type"],
            body=json.dumps(event, ensure_ascii=False).encode(),
            status=Delivery.Status.PENDING,
            silenced=silenced,
        )
        for number, event in enumerate(events, start=1)
    ]
    found = Delivery.objects.defer("body").in_bulk(
        [receipt.delivery for receipt in receipts], field_name="public_id"
    )
    return [found[receipt.delivery] for receipt in receipts]
