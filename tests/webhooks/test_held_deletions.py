"""A snapshot that would hide too much, from the signed webhook to what staff decide and what its sender is told."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models.functions import Now

from apps.courses.brake import approve_deletions, reject_deletions
from apps.courses.models import Course, HeldDeletions
from apps.notifications.delivery import send_due
from apps.notifications.models import FanOut, Hold
from apps.notifications.outbox import expand_due
from apps.users.models import User
from apps.webhooks.models import Delivery
from apps.webhooks.processing import apply_pending
from tests.courses.admin_pages import signed_in, url_of
from tests.factories.courses import follow, make_user
from tests.factories.documents import course, entry, stored, term
from tests.factories.notifications import make_device
from tests.factories.webhooks import Sender
from tests.notifications.conftest import Phones, phones

__all__ = ["phones"]  # a fixture of the neighbours

TEN = "abcdefghij"
NOW = datetime.now(UTC)
Json = dict[str, Any]


def document(id: str) -> Json:
    return course(id, code=id.upper(), title=f"Course {id}", entries=[entry()])


def page(ids: str, *, number: int = 1, pages: int = 1, id: str = "s") -> Json:
    courses = [document(each) for each in ids]
    return {"snapshot_id": id, "term": "autumn", "page": number, "pages": pages, "courses": courses}


@pytest.fixture
def staff(db: None) -> User:
    return make_user("staff")


@pytest.fixture
def source(sender: Sender) -> Sender:
    """Ten courses in a term that is under way."""
    days = {
        name: (NOW + timedelta(days=n)).date().isoformat()
        for name, n in (("starts_on", -30), ("ends_on", 90))
    }
    teaching = {"kind": "teaching", "name": "Teaching", **days}
    sender.send("term.updated", term(periods=[teaching], **days), at=ago(9))
    for id in TEN:
        sender.send("course.updated", document(id), at=ago(9))
    apply()
    return sender


def ago(minutes: float) -> datetime:
    return datetime.now(UTC) - timedelta(minutes=minutes)


def apply() -> None:
    while apply_pending():
        pass


def told(sender: Sender, id: str) -> tuple[str, Any]:
    answer = sender.status(str(Delivery.objects.get(webhook_id=id).public_id)).json()
    return answer["status"], answer["result"].get("deletions")


def visible(sender: Sender) -> str:
    """As the API has it."""
    answer = sender.client.get("/api/v1/courses/?page_size=200&ordering=code").json()
    return "".join(each["external_id"] for each in answer["results"])


def approve(user: User) -> None:
    with transaction.atomic():
        approve_deletions(snapshot=HeldDeletions.objects.get().pk, user=user)


def reject(user: User) -> None:
    with transaction.atomic():
        reject_deletions(snapshot=HeldDeletions.objects.get().pk, user=user)


def test_only_the_delivery_that_completed_it_is_held(source: Sender) -> None:
    source.send("catalogue.snapshot", page(TEN[:4], number=1, pages=2), at=ago(5), id="first")
    source.send("catalogue.snapshot", page(TEN[4:7], number=2, pages=2), at=ago(5), id="last")
    apply()
    assert told(source, "first") == ("processed", None)
    assert told(source, "last") == ("held", {"state": "waiting", "would_hide": 3, "of": 10})
    assert visible(source) == TEN


@pytest.mark.parametrize(
    ("decide", "state", "left"), [(approve, "approved", TEN[:7]), (reject, "rejected", TEN)]
)
def test_its_sender_is_told_what_staff_decided(
    source: Sender, staff: User, decide: Callable[[User], None], state: str, left: str
) -> None:
    source.send("catalogue.snapshot", page(TEN[:7]), at=ago(5), id="snapshot")
    apply()
    decide(staff)
    assert told(source, "snapshot") == ("processed", {"state": state, "would_hide": 3, "of": 10})
    assert Course.objects.visible().count() == len(left)


def test_a_newer_one_frees_the_delivery_of_the_older(source: Sender) -> None:
    source.send("catalogue.snapshot", page(TEN[:7]), at=ago(5), id="older")
    source.send("catalogue.snapshot", page(TEN[:9], id="t"), at=ago(4), id="newer")
    apply()
    assert told(source, "older") == ("processed", {"state": "superseded", "would_hide": 3, "of": 10})
    assert told(source, "newer") == ("processed", None)
    assert visible(source) == TEN[:9]


@pytest.mark.parametrize(
    ("decide", "status", "left"),
    [(None, "held", TEN), (approve, "processed", TEN[:7]), (reject, "processed", TEN)],
)
def test_replay_changes_nothing_whatever_was_decided(
    source: Sender, staff: User, decide: Callable[[User], None] | None, status: str, left: str
) -> None:
    source.send("catalogue.snapshot", page(TEN[:7]), at=ago(5), id="snapshot")
    apply()
    if decide:
        decide(staff)
    for _ in range(2):
        Delivery.objects.get(webhook_id="snapshot").replay()
        apply()
        assert told(source, "snapshot")[0] == status
        assert Course.objects.visible().count() == len(left)
    assert HeldDeletions.objects.count() == 1


def test_a_decision_while_it_waits_to_be_replayed_stands(source: Sender, staff: User) -> None:
    source.send("catalogue.snapshot", page(TEN[:7]), at=ago(5), id="snapshot")
    apply()
    Delivery.objects.get(webhook_id="snapshot").replay()
    reject(staff)
    assert told(source, "snapshot")[0] == "pending"
    apply()
    assert told(source, "snapshot")[0] == "processed"
    assert Course.objects.visible().count() == 10


def test_the_same_page_under_another_id_is_not_held_again(source: Sender) -> None:
    source.send("catalogue.snapshot", page(TEN[:7]), at=ago(5), id="once")
    source.send("catalogue.snapshot", page(TEN[:7]), at=ago(5), id="twice")
    apply()
    assert (told(source, "once")[0], told(source, "twice")[0]) == ("held", "processed")


def test_with_what_comes_beside_it_in_one_batch(source: Sender) -> None:
    source.send("course.updated", document("z"), at=ago(6), id="before")
    source.send("catalogue.snapshot", page(TEN[:7]), at=ago(5), id="snapshot")
    source.send("course.updated", document("y"), at=ago(6), id="after")
    assert apply_pending() == 3
    assert dict(Delivery.objects.order_by("-id").values_list("webhook_id", "status")[:3]) == {
        "before": "processed",
        "snapshot": "held",
        "after": "processed",
    }
    assert visible(source) == TEN + "yz"


def test_a_silenced_delivery_is_held_and_rings_nobody_when_approved(source: Sender, staff: User) -> None:
    follow(make_user("alice"), stored("j"))
    source.send("catalogue.snapshot", page(TEN[:7]), at=ago(5), id="snapshot")
    Delivery.objects.filter(webhook_id="snapshot").update(silenced=True)
    apply()
    assert told(source, "snapshot")[0] == "held"
    FanOut.objects.all().delete()
    approve(staff)
    assert Course.objects.visible().count() == 7
    assert not FanOut.objects.exists()


def test_approved_it_rings_those_who_follow_what_left(
    source: Sender, staff: User, phones: Phones, settings: Any
) -> None:
    settings.SETTLE_SECONDS = 0
    alice, bob = make_user("alice"), make_user("bob")
    for user, id in ((alice, "j"), (bob, "a")):
        follow(user, stored(id))
        make_device(user, user.first_name.lower())
    FanOut.objects.all().delete()
    source.send("catalogue.snapshot", page(TEN[:7]), at=ago(5))
    apply()
    _ring()
    assert phones.messages() == []

    approve(staff)
    _ring()
    assert [(each["address"], each["title"]) for each in phones.messages()] == [("alice", "Course j removed")]


def _ring() -> None:
    FanOut.objects.filter(expanded_at=None).update(due_at=Now())
    while expand_due():
        pass
    send_due()


def test_it_is_a_duplicate_while_it_is_held(source: Sender) -> None:
    body = json.dumps({"type": "catalogue.snapshot", "timestamp": ago(5).isoformat(), "data": page(TEN[:7])})
    assert source.post(body.encode(), id="snapshot").status_code == 202
    apply()
    again = source.post(body.encode(), id="snapshot")
    assert (again.status_code, again.json()["status"]) == (200, "duplicate")
    assert told(source, "snapshot")[0] == "held"


def test_the_page_of_the_delivery_leads_to_what_waits(source: Sender, staff: User, settings: Any) -> None:
    settings.RING_LIMIT = 0
    alice = make_user("alice")
    follow(alice, stored("j"))
    make_device(alice, "alice")
    FanOut.objects.all().delete()
    source.send("catalogue.snapshot", page(TEN[:7]), at=ago(5), id="snapshot")
    apply()
    client = signed_in(User.objects.create_superuser("admin@example.org"))
    delivery = Delivery.objects.get(webhook_id="snapshot")

    shown = client.get(url_of(delivery)).content.decode()
    assert (
        f'href="{url_of(HeldDeletions.objects.get())}">3 of 10 courses of Autumn 2026</a>: waiting' in shown
    )
    assert "/hold/" not in shown.partition("for staff to decide")[2]

    approve(staff)
    FanOut.objects.filter(expanded_at=None).update(due_at=Now())
    while expand_due():
        pass
    shown = client.get(url_of(delivery)).content.decode()
    assert f'href="{url_of(Hold.objects.get())}">1 phones for revision' in shown
