"""Attempts: counted before they are made, each delivery on its own account."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.courses.models import ChangeSet, Revision
from apps.webhooks import processing
from apps.webhooks.handlers import HANDLERS
from apps.webhooks.models import Delivery
from tests.factories.documents import course, term
from tests.factories.webhooks import Sender
from tests.faults.poisons import POISONS
from tests.faults.waiting import until
from tests.together import waiting_for_a_lock


@pytest.fixture(autouse=True)
def _poisons(monkeypatch: pytest.MonkeyPatch) -> None:
    for type, poison in POISONS.items():
        monkeypatch.setitem(HANDLERS, type, poison)


def states() -> dict[str, tuple[str, int]]:
    return {
        id: (status, attempts)
        for id, status, attempts in Delivery.objects.values_list("webhook_id", "status", "attempts")
    }


def make_due() -> None:
    Delivery.objects.update(next_attempt_at=Now() - timedelta(seconds=1))


def test_a_batch_with_a_poison_is_applied_without_it(sender: Sender) -> None:
    for id in ("a", "c"):
        sender.send("course.updated", course(id), id=id)
    sender.send("test.raises", {}, id="b")

    processing.apply_pending()

    assert states() == {"a": ("processed", 2), "b": ("pending", 2), "c": ("processed", 2)}
    assert "ZeroDivisionError: a bug in this handler" in Delivery.objects.get(webhook_id="b").error


def test_what_failed_rests_and_lets_others_pass(sender: Sender) -> None:
    sender.send("test.raises", {}, id="poison")
    processing.apply_pending()
    sender.send("course.updated", course(), id="other")

    assert processing.apply_pending() == 1
    assert states()["other"] == ("processed", 1)


def test_the_rest_grows(sender: Sender) -> None:
    sender.send("test.raises", {}, id="poison")
    rests = []
    for _ in range(3):
        make_due()
        processing.apply_pending()
        rests.append((Delivery.objects.get().next_attempt_at - timezone.now()).total_seconds())

    assert [round(rest / 3.2) for rest in rests] == [1, 4, 16]


def test_those_claimed_with_one_that_kills_are_not_blamed(sender: Sender, monkeypatch: Any) -> None:
    class Killed(BaseException):
        """What the process does not survive."""

    def kill(*_: Any) -> None:
        raise Killed

    monkeypatch.setattr("tests.faults.poisons.os._exit", kill)
    sender.send("test.kills", {}, id="killer")
    for id in ("a", "b"):
        sender.send("course.updated", course(id), id=id)

    for _ in range(processing.MAX_ATTEMPTS):
        make_due()
        with pytest.raises(Killed):
            processing.apply_pending()
    assert states()["a"] == ("pending", 1)
    make_due()
    processing.apply_pending()

    assert states() == {
        "killer": ("dead", processing.MAX_ATTEMPTS),
        "a": ("processed", 2),
        "b": ("processed", 2),
    }
    assert "Unfinished" in Delivery.objects.get(webhook_id="killer").error


def test_what_does_not_fit_in_memory_together_is_claimed_in_turn(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    for id in "abc":
        sender.send("course.updated", course(id), id=id)
    ids = list(Delivery.objects.order_by("id").values_list("id", flat=True))
    of_two = sum(len(each.body) for each in Delivery.objects.order_by("id")[:2])

    monkeypatch.setattr(processing, "BATCH_BYTES", of_two)
    assert processing._claim() == [(ids[0], 0), (ids[1], 0)]
    assert states() == {"a": ("pending", 1), "b": ("pending", 1), "c": ("pending", 0)}
    monkeypatch.setattr(processing, "BATCH_BYTES", 1)
    assert processing._claim() == [(ids[2], 0)]
    assert processing._claim() == []


def test_a_claim_that_another_worker_has_overtaken_is_given_up(sender: Sender) -> None:
    sender.send("course.updated", course())
    [(id, past)] = processing._claim()
    Delivery.objects.update(attempts=3)

    processing._apply_alone(id, past + 1)

    assert Delivery.objects.get().status == "pending"
    assert Delivery.objects.get().attempts == 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("before", [0, 1], ids=["together", "alone"])
def test_a_row_that_another_claim_holds_for_a_moment_is_waited_for(
    sender: Sender, monkeypatch: pytest.MonkeyPatch, before: int
) -> None:
    """PostgreSQL locks a row before it looks whether the row, as it is by now, is still wanted, and keeps the lock until the commit."""
    sender.send("course.updated", course())
    Delivery.objects.update(attempts=before)
    begun, apply = Event(), processing._apply

    def worker() -> None:
        try:
            processing.apply_pending()
        finally:
            begun.set()
            connection.close()

    def apply_once_held(ids: Sequence[int]) -> None:
        begun.set()
        assert held.wait(30)
        apply(ids)

    held = Event()
    monkeypatch.setattr(processing, "_apply", apply_once_held)
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(worker)
        assert begun.wait(30)
        with transaction.atomic():
            assert list(Delivery.objects.select_for_update())
            held.set()
            until(lambda: waiting_for_a_lock() == 1 or done.done())
        done.result()

    assert set(states().values()) == {("processed", before + 1)}


@pytest.mark.django_db(transaction=True)
def test_staff_and_workers_lock_deliveries_in_one_order(sender: Sender) -> None:
    """Else each may wait for what the other holds."""
    for id in ("first", "second"):
        sender.send("course.updated", course(id), id=id)
    # As a row's place in the table says nothing about its age: the first one now lies behind the second.
    Delivery.objects.filter(webhook_id="first").update(error="tried")

    def skip() -> int:
        try:
            return Delivery.objects.all().skip()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Delivery.objects.select_for_update().get(webhook_id="first")
            skipped = pool.submit(skip)
            until(lambda: waiting_for_a_lock() == 1 or skipped.done())
            Delivery.objects.select_for_update(nowait=True).get(webhook_id="second")
        assert skipped.result() == 2


def test_what_was_accepted_is_applied_though_the_clocks_disagree(sender: Sender) -> None:
    """The database's clock may be behind the web server's, which has let the event pass."""
    sender.send("course.updated", course(), at=timezone.now() + timedelta(minutes=4))
    Delivery.objects.update(received_at=timezone.now() - timedelta(minutes=2))

    processing.apply_pending()

    assert Delivery.objects.get().status == "processed"


def test_the_longest_name_a_term_may_have_fits(sender: Sender) -> None:
    sender.send("term.updated", term(name="č" * 200))

    processing.apply_pending()

    assert Delivery.objects.get().status == "processed"


def test_a_batch_of_any_length_takes_the_same_number_of_statements(sender: Sender) -> None:
    def statements(ids: list[str]) -> int:
        for id in ids:
            sender.send("course.updated", course(id))
        with CaptureQueriesContext(connection) as queries:
            assert processing.apply_pending() == len(ids)
        return len(queries)

    statements(["one"])
    assert statements(["another"]) == statements([f"many-{number}" for number in range(50)])
    assert {status for status, _ in states().values()} == {"processed"}


def test_every_delivery_of_a_batch_is_a_change_set_of_its_own(sender: Sender) -> None:
    for title in ("first", "second", "second"):
        sender.send("course.updated", course("a", title=title))
    sender.send("term.updated", term())
    sender.send("course.deleted", {"id": "a"})

    processing.apply_pending()

    first = Revision.objects.get().n - 3
    revisions = list(Delivery.objects.order_by("id").values_list("revision", flat=True))
    assert revisions == [first, first + 1, None, first + 2, first + 3]
    assert list(ChangeSet.objects.order_by("revision").values_list("delivery", flat=True)) == list(
        Delivery.objects.exclude(revision=None).order_by("revision").values_list("public_id", flat=True)
    )
