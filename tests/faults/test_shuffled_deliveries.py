"""Many histories at once, each in an order of its own, tripled, with interleaved snapshots and lost deletions, under several workers."""

import json
import random

from apps.courses.models import Course
from apps.webhooks.models import Delivery
from tests.courses.histories import (
    Json,
    by_the_contract,
    by_the_ledger,
    course,
    deleted,
    document,
    page,
    served,
    term,
)
from tests.factories.webhooks import Sender
from tests.faults.conftest import Workers
from tests.faults.waiting import until

HISTORIES = 6


def history(number: int) -> list[Json]:
    """Courses and terms of its own; every second one has lost the deletion of `a`."""
    a, b, c, d = (f"{name}-{number}" for name in "abcd")
    winter, summer = f"winter-{number}", f"summer-{number}"
    events = [
        term(winter, 1),
        term(winter, 3, name="renamed"),
        course(a, 2, term=winter),
        course(a, 4, term=winter, title="as late as its deletion"),
        course(b, 2, term=winter),
        course(b, 7, term=summer, title="moved"),
        course(d, 3, term=winter, title="late, and not listed"),
        page(5, [document(b, term=winter)], number=1, pages=2, id="s", term=winter),
        page(6, [document(c, term=winter)], number=2, pages=2, id="s", term=winter),
        page(8, [document(c, term=winter, title="newer")], number=1, pages=2, id="t", term=winter),
        page(9, [], number=2, pages=2, id="t", term=winter),
    ]
    return events if number % 2 else [*events, deleted(a, 4)]


def test_every_history_ends_as_the_contract_says(workers: Workers, sender: Sender) -> None:
    histories = [history(number) for number in range(HISTORIES)]
    deliveries = [event for events in histories for event in events for _ in range(3)]
    random.Random(2026).shuffle(deliveries)
    for _ in range(3):
        workers.start()
    for event in deliveries:
        assert sender.post(json.dumps(event).encode()).status_code == 202
    until(lambda: not Delivery.objects.waiting().exists())

    assert set(Delivery.objects.values_list("status", flat=True)) == {"processed"}
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {1}, "no deadlock was seen"
    found = {
        row.external_id: (row.tombstone, row.hidden, (row.source_document or {}).get("title"))
        for row in Course.objects.all()
    }
    expected = [by_the_contract(events) for events in histories]
    assert found == {id: fate for fates in expected for id, fate in fates.items()}
    assert by_the_ledger() == served()
