"""All 40,320 orders of a history of eight events, with any event any number of times and any of them lost.

They are not played one by one. If, from the state that a set of events leaves, one more event always leads to the state of the larger
set, and one of the set itself leads nowhere, then by induction every order of every subset, with repetitions, ends where its set does.
"""

from itertools import combinations

import pytest
from django.db import transaction

from apps.courses.models import Change
from tests.courses.histories import (
    Json,
    apply,
    by_the_contract,
    by_the_ledger,
    catalogue,
    course,
    deleted,
    document,
    page,
    served,
    term,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unbraked")]

HISTORY: tuple[Json, ...] = (
    term("winter", 1),
    course("a", 2, title="first"),
    course("a", 4, title="as late as its deletion"),
    deleted("a", 4),
    page(5, [document("b")], number=1, pages=2),
    page(6, [document("c")], number=2, pages=2),
    course("b", 7, term="summer"),
    course("d", 3, title="below the floor, and not listed"),
)
Events = frozenset[int]


def test_every_set_of_events_has_one_state_whatever_led_to_it() -> None:
    states: dict[Events, Json] = {}

    def visit(events: Events) -> None:
        """The catalogue has seen just these. Take every step from here; go on where no smaller set leads, so that each is visited once."""
        found = catalogue()
        assert states.setdefault(events, found) == found
        rows = Change.objects.count()
        for number, event in enumerate(HISTORY):
            with transaction.atomic():
                apply(event)
                if number in events:
                    assert (catalogue(), Change.objects.count()) == (found, rows)
                elif number > max(events, default=-1):
                    assert by_the_ledger() == served()
                    visit(events | {number})
                else:
                    assert by_the_ledger() == served()
                    reached = catalogue()
                    assert states.setdefault(events | {number}, reached) == reached
                transaction.set_rollback(True)

    visit(frozenset())

    assert len(states) == 2 ** len(HISTORY)
    for size in range(1, len(HISTORY) + 1):
        for events in combinations(range(len(HISTORY)), size):
            shown = states[frozenset(events)]["courses"]
            expected = by_the_contract(HISTORY[number] for number in events)
            assert {id: (row["tombstone"], row["hidden"]) for id, row in shown.items()} == {
                id: (gone, hidden) for id, (gone, hidden, _) in expected.items()
            }
