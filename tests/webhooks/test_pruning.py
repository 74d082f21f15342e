"""Deliveries whose story is over make room after a time; all others stay."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from pytest_django import Settings

from apps.courses.models import Change, ChangeSet
from apps.webhooks import processing, pruning
from apps.webhooks.models import Conflict, Delivery
from tests.factories.documents import course
from tests.factories.webhooks import Sender

OLD, YOUNG = timedelta(days=91), timedelta(days=89)


def age(by: timedelta, *ids: str) -> None:
    moment = Now() - by
    Delivery.objects.filter(webhook_id__in=ids).update(received_at=moment, processed_at=moment)


def ids() -> set[str]:
    return set(Delivery.objects.values_list("webhook_id", flat=True))


@pytest.mark.parametrize("status", [*Delivery.Status, "held"])
def test_only_what_was_processed_or_ignored_goes(sender: Sender, status: str) -> None:
    sender.send("course.updated", course(), id="old")
    sender.send("course.updated", course(), id="young")
    Delivery.objects.update(status=status)
    age(OLD, "old")
    age(YOUNG, "young")
    gone = pruning.prune()
    assert gone == (1 if status in ("processed", "ignored") else 0)
    assert ids() == ({"young"} if gone else {"old", "young"})


def test_an_ignored_one_counts_from_its_arrival_a_replayed_one_from_its_last_application(
    sender: Sender,
) -> None:
    sender.post(b'{"type": "library.opened"}', id="ignored")
    sender.send("course.updated", course(), id="replayed")
    processing.apply_pending()
    Delivery.objects.update(received_at=Now() - OLD)
    pruning.prune()
    assert ids() == {"replayed"}


def test_the_age_is_configured(sender: Sender, settings: Settings) -> None:
    sender.send("course.updated", course(), id="a")
    processing.apply_pending()
    age(timedelta(days=8), "a")
    assert pruning.prune() == 0
    settings.DELIVERY_RETENTION = timedelta(days=7)
    assert pruning.prune() == 1


def test_it_goes_in_batches_oldest_first(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "BATCH", 2)
    for number in range(5):
        sender.send("course.updated", course(), id=f"d{number}")
    processing.apply_pending()
    for number in range(5):
        age(timedelta(days=100 + number), f"d{number}")
    assert pruning.prune() == 2
    assert ids() == {"d0", "d1", "d2"}
    assert [pruning.prune() for _ in range(3)] == [2, 1, 0]


def test_conflicts_go_with_their_delivery(sender: Sender) -> None:
    for id in ("old", "young"):
        sender.send("course.updated", course(), id=id)
        sender.send("course.updated", course(title="Other"), id=id)
    processing.apply_pending()
    age(OLD, "old")
    pruning.prune()
    assert Conflict.objects.get().delivery.webhook_id == "young"


def test_the_ledger_keeps_what_it_did_and_the_same_id_again_changes_nothing(sender: Sender) -> None:
    sender.send("course.updated", course(), at="2026-09-01T10:00:00Z", id="a")
    processing.apply_pending()
    public_id = Delivery.objects.get().public_id
    age(OLD, "a")
    pruning.prune()
    assert ChangeSet.objects.get().delivery == public_id

    before = Change.objects.count()
    answer = sender.send("course.updated", course(), at="2026-09-01T10:00:00Z", id="a")
    assert answer.status_code == 202
    processing.apply_pending()
    assert Delivery.objects.get().result == {"unchanged": 1}
    assert Change.objects.count() == before
