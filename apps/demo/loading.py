"""The demo faculty into the database, by the way every webhook takes: stored raw, then applied by the worker's own function."""

import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import QuerySet

from apps.courses.models import Course
from apps.demo.faculty import Event, laid_around
from apps.webhooks.intake import store
from apps.webhooks.models import Delivery
from apps.webhooks.processing import apply_pending

SOURCE = "course-service"
PREFIX = "demo-"
PATIENCE = timedelta(seconds=60)

Say = Callable[[str], object]


class NotApplied(Exception):
    """A delivery of the demo could not be applied; its error is kept on its row."""


def load_catalogue(*, now: datetime, say: Say) -> None:
    """Outside a transaction. Loading again in the same week stores nothing; in a later week it lays the terms around that one."""
    for event in laid_around(now):
        name = webhook_id(event)
        if demo_deliveries().filter(webhook_id=name).exists():
            say(f"{name} is already here")
            continue
        body = json.dumps(event, ensure_ascii=False).encode()
        store(
            source=SOURCE,
            webhook_id=name,
            sent_at=now,
            type=event["type"],
            body=body,
            status=Delivery.Status.PENDING,
            silenced=True,
        )
        say(f"{name}: {len(body):,} bytes stored")
    _apply(say)


def webhook_id(event: Event) -> str:
    """`demo-<term>-...`, one for each week the faculty is laid around."""
    data = event["data"]
    if "snapshot_id" in data:
        return f"{PREFIX}{data['snapshot_id']}"
    return f"{PREFIX}{data['id']}-term-{data['starts_on']}"


def demo_deliveries() -> QuerySet[Delivery]:
    return Delivery.objects.filter(source=SOURCE, webhook_id__startswith=PREFIX)


def _apply(say: Say) -> None:
    """By this process or a worker that runs already, whichever comes first."""
    waiting = demo_deliveries().filter(status=Delivery.Status.PENDING)
    deadline = time.monotonic() + PATIENCE.total_seconds()
    while waiting.exists():
        if time.monotonic() > deadline:
            raise NotApplied(f"{waiting.count()} deliveries still wait after {PATIENCE.seconds} s")
        if not apply_pending():
            time.sleep(0.1)
        # The worker would try again, in case the fault was of the moment; a demo that needs that should say so.
        if failed := demo_deliveries().exclude(error="").first():
            raise NotApplied(f"{failed.webhook_id}: {failed.error.strip()}")
    visible = Course.objects.visible().filter(source=SOURCE)
    say(f"{visible.count()} courses applied")
