"""What waits to be told is folded: the value last told against the value now."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.notifications.models import FanOut, Folded, Notification
from apps.notifications.outbox import expand_due
from tests.factories.courses import change, days_ahead, follow, make_course, make_entry, make_user, record

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry() -> Any:
    entry = make_entry(make_course(), rooms=["A"])
    follow(make_user("alice"), entry.course)
    return entry


def expand_all() -> None:
    FanOut.objects.filter(expanded_at=None).update(due_at=timezone.now())
    while expand_due():
        pass


def differences() -> list[list[tuple[str, Any, Any]]]:
    return [
        [(c["field"], c["old"], c["new"]) for c in notification.changes]
        for notification in Notification.objects.order_by("change_set")
    ]


def room(entry: Any, old: str, new: str) -> Any:
    return change(entry, "rooms", [old], [new], dates=days_ahead(5))


def test_there_and_back_before_telling_rings_nobody(entry: Any) -> None:
    record(room(entry, "A", "B"))
    record(room(entry, "B", "A"))
    expand_all()
    assert differences() == []
    assert not FanOut.objects.filter(expanded_at=None).exists()


def test_two_steps_before_telling_are_told_as_one_once(entry: Any) -> None:
    record(room(entry, "A", "B"))
    record(room(entry, "B", "C"))
    expand_all()
    assert differences() == [[("rooms", ["A"], ["C"])]]
    assert not Folded.objects.exists()


def test_a_step_after_telling_is_told_from_where_the_last_one_ended(entry: Any) -> None:
    record(room(entry, "A", "B"))
    expand_all()
    record(room(entry, "B", "C"))
    expand_all()
    assert differences() == [[("rooms", ["A"], ["B"])], [("rooms", ["B"], ["C"])]]


def test_a_near_change_takes_the_waiting_far_one_of_its_object_along(entry: Any) -> None:
    far = record(room(entry, "A", "B"), change(entry, "teachers", ["x"], ["y"], dates=days_ahead(5)))
    FanOut.objects.filter(change_set=far).update(due_at=timezone.now() + timedelta(minutes=1))
    record(room(entry, "B", "C"))
    assert expand_due() == 1
    assert sorted(differences()[0]) == [("rooms", ["A"], ["C"]), ("teachers", ["x"], ["y"])]
    expand_all()
    assert len(differences()) == 1


def test_what_another_object_waits_with_is_still_told(entry: Any) -> None:
    other = make_entry(entry.course)
    record(room(entry, "A", "B"), room(other, "X", "Y"))
    record(room(entry, "B", "C"))
    expand_all()
    assert sorted(d for ds in differences() for d in ds) == [("rooms", ["A"], ["C"]), ("rooms", ["X"], ["Y"])]


def test_an_unannounced_correction_counts_for_the_value_now(entry: Any) -> None:
    record(room(entry, "A", "B"))
    record(room(entry, "B", "A"), silenced=True)
    expand_all()
    assert differences() == []


def test_an_entry_that_came_and_left_before_telling_is_no_news(entry: Any) -> None:
    document = {"id": str(entry.pk), "rooms": ["A"], "groups": []}
    record(change(entry, "", None, document, dates=days_ahead(5)))
    record(change(entry, "", document, None, dates=days_ahead(5)))
    expand_all()
    assert differences() == []


def test_an_entry_that_left_and_came_back_changed_is_told_by_what_differs(entry: Any) -> None:
    document = {"id": str(entry.pk), "rooms": ["A"], "groups": [], "weekday": 2}
    record(change(entry, "", document, None, dates=days_ahead(5)))
    record(change(entry, "", None, {**document, "rooms": ["B"]}, dates=days_ahead(5)))
    record(room(entry, "B", "C"))
    expand_all()
    assert differences() == [[("rooms", ["A"], ["C"])]]


def test_edits_of_an_entry_that_then_left_are_told_as_its_leaving(entry: Any) -> None:
    document = {"id": str(entry.pk), "rooms": ["B"], "groups": [], "weekday": 2}
    record(room(entry, "A", "B"))
    record(change(entry, "", document, None, dates=days_ahead(5)))
    expand_all()
    assert differences() == [[("", {**document, "rooms": ["A"]}, None)]]
