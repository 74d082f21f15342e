"""Change sets that have nothing to do with one another are expanded together: the same comes of it, in the statements of one."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.courses.models import Entry
from apps.notifications import outbox
from apps.notifications.models import FanOut, Folded, Hold, Mailing, Notification, Push
from apps.notifications.outbox import expand_due
from apps.users.models import User
from tests.factories.courses import (
    change,
    days_ahead,
    follow,
    make_course,
    make_entry,
    make_exam,
    make_user,
    record,
)
from tests.factories.notifications import make_device
from tests.notifications.letters import by_email, choose

pytestmark = pytest.mark.django_db


def entry_followed_by(*users: User) -> Entry:
    entry = make_entry(make_course())
    for user in users:
        follow(user, entry.course)
    return entry


def moved(entry: Entry, old: str = "A", new: str = "B") -> Any:
    return change(entry, "rooms", [old], [new], dates=days_ahead(5))


def now_due() -> None:
    FanOut.objects.update(due_at=timezone.now())


def what_came_of_it() -> list[Any]:
    """Whatever an expansion writes, except when, and except ids that are drawn by chance."""
    links = Notification.objects.values_list("pk", "deep_link")
    told = [
        ("user__email", "change_set", "category", "kind", "course", "params"),
        ("changes", "starts_at", "expires_at", "why"),
    ]
    notifications = Notification.objects.order_by("user__email", "change_set")
    return [
        list(notifications.values_list(*told[0], *told[1])),
        sorted(link.replace(str(pk), "{id}") for pk, link in links),
        list(
            Push.objects.order_by("device__address", "notification__change_set").values_list(
                "device__address", "notification__change_set", "status", "high_priority", "expires_at"
            )
        ),
        list(
            Mailing.objects.order_by("notification__user__email", "notification__change_set").values_list(
                "notification__user__email", "notification__change_set", "status", "reason", "bulk"
            )
        ),
        list(Folded.objects.order_by("pk").values_list("pk")),
        list(Hold.objects.order_by("pk").values_list("pk", "phones", "state")),
        list(FanOut.objects.order_by("pk").values_list("pk", "concerned", "due_at", "attempts", "error")),
    ]


def test_the_same_comes_of_it_as_of_one_after_another(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.RING_LIMIT = 2
    alice, bob, carol, dora = (make_user(name) for name in ("alice", "bob", "carol", "dora"))
    for user in (alice, bob, dora):
        make_device(user, user.first_name)
    by_email(bob, "schedule")
    choose(dora, categories={"schedule": {"push": False}, "exams": {"push": False}})
    first, crowded, third = entry_followed_by(alice, bob), entry_followed_by(alice, bob), make_course()
    extra = make_user("extra")
    make_device(extra, "extra")
    follow(extra, crowded.course)
    for user in (alice, carol, dora):
        follow(user, third)
    entry, exam = make_entry(third), make_exam(third)
    far = record(moved(first, "0", "A"))
    record(moved(first), change(first, "teachers", ["Ada"], ["Eva"], dates=days_ahead(5)))
    record(moved(crowded))
    record(moved(entry), change(exam, "period", "June", "July", dates=days_ahead(4)))
    record(moved(entry_followed_by()))
    now_due()
    FanOut.objects.filter(pk=far.pk).update(due_at=timezone.now() + timedelta(hours=1))

    def expanded(batch: int) -> tuple[list[int], list[Any]]:
        monkeypatch.setattr(outbox, "BATCH", batch)
        with transaction.atomic():
            done = [expand_due() for _ in range(5)]
            found = what_came_of_it()
            transaction.set_rollback(True)
        return done, found

    (alone, one_by_one), (batch, together) = expanded(1), expanded(20)
    assert (alone, batch) == ([1, 1, 1, 1, 0], [4, 0, 0, 0, 0])
    assert together == one_by_one
    assert [len(each) for each in together] == [8, 8, 6, 2, 1, 1, 5], "there is something of everything"


def test_it_takes_the_statements_of_one(settings: Any) -> None:
    alice = make_user("alice")
    make_device(alice, "alice")

    def statements(count: int) -> int:
        for _ in range(count):
            record(moved(entry_followed_by(alice)))
        now_due()
        with CaptureQueriesContext(connection) as captured:
            assert expand_due() == count
        return len(captured)

    assert statements(20) == statements(1)


def same_course() -> list[Any]:
    entry = entry_followed_by(make_user("alice"))
    other = make_entry(entry.course)
    return [[moved(entry)], [moved(other)]]


def a_term() -> list[Any]:
    entry = entry_followed_by(make_user("alice"))
    assert entry.course.term
    return [[change(entry.course.term, "name", "Winter", "W", dates=days_ahead(5))], [moved(entry)]]


def after_a_term() -> list[Any]:
    return a_term()[::-1]


def very_many() -> list[Any]:
    entry, other = entry_followed_by(make_user("alice")), entry_followed_by(make_user("bob"))
    return [[moved(entry)], [moved(other), moved(other), moved(other)]]


@pytest.mark.parametrize("changes", [same_course, a_term, after_a_term, very_many])
def test_what_is_not_apart_or_not_small_goes_by_itself(
    changes: Callable[[], list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MOST_CHANGES", 3)
    for each in changes():
        record(*each)
    now_due()
    assert [expand_due() for _ in range(3)] == [1, 1, 0]


def test_one_that_was_tried_before_goes_by_itself() -> None:
    for _ in range(3):
        record(moved(entry_followed_by()))
    now_due()
    tried = FanOut.objects.latest("pk")
    FanOut.objects.filter(pk=tried.pk).update(attempts=1)
    assert [expand_due() for _ in range(3)] == [2, 1, 0]
    tried.refresh_from_db()
    assert tried.attempts == 2
