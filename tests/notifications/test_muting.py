"""What a user does not want to hear of, chosen before it happened or while it was queued."""

from typing import Any

import pytest

from apps.notifications.delivery import send_due
from apps.notifications.headlines import CATEGORIES
from apps.notifications.models import Notification, Push
from apps.notifications.net_change import CATEGORIES_OF_OBJECTS
from apps.notifications.outbox import expand_due
from apps.notifications.preferences import change_preferences
from apps.users.models import User
from tests.factories.courses import (
    change,
    days_ahead,
    follow,
    follow_group,
    make_course,
    make_entry,
    make_exam,
    make_user,
    record,
)
from tests.factories.notifications import make_device
from tests.notifications.conftest import Phones

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    alice = make_user("alice")
    make_device(alice, "alice")
    return alice


@pytest.fixture
def entry(alice: User) -> Any:
    entry = make_entry(make_course(), groups=["101"])
    follow(alice, entry.course)
    return entry


def room(entry: Any) -> Any:
    return change(entry, "rooms", ["A"], ["B"], dates=days_ahead(5))


def note(thing: Any) -> Any:
    return change(thing, "note", "", "Bring a pencil", dates=days_ahead(5))


def choose(user: User, **changes: Any) -> None:
    change_preferences(user_id=user.pk, changes=changes)  # type: ignore[arg-type]  # named as in the document


def off(category: str, channel: str) -> dict[str, Any]:
    return {"categories": {category: {channel: False}}}


def queue(*changes: Any) -> None:
    record(*changes)
    assert expand_due() == 1


def whys() -> list[str]:
    return list(Notification.objects.order_by("change_set").values_list("why", flat=True))


def test_every_kind_of_news_has_the_category_of_its_object() -> None:
    assert {
        kind: CATEGORIES_OF_OBJECTS[kind.partition("_")[0].replace("occurrence", "entry")]
        for kind in CATEGORIES
    } == CATEGORIES


def test_a_muted_course_neither_rings_nor_is_listed(phones: Phones, alice: User, entry: Any) -> None:
    other = make_entry(make_course("Databases"))
    follow(alice, other.course)
    choose(alice, muted_courses=[entry.course.pk])
    queue(room(entry), room(other))
    send_due()
    assert [each["title"] for each in phones.messages()] == ["Databases: new room"]
    assert [each["id"] for each in Notification.objects.get().changes] == [str(other.pk)]


def test_a_course_muted_by_one_still_rings_for_another(phones: Phones, alice: User, entry: Any) -> None:
    bob = make_user("bob")
    make_device(bob, "bob")
    follow(bob, entry.course)
    choose(alice, muted_courses=[entry.course.pk])
    queue(room(entry))
    send_due()
    assert [each["address"] for each in phones.messages()] == ["bob"]


def test_a_course_is_muted_whichever_rule_follows_it(alice: User, entry: Any) -> None:
    follow_group(alice, entry.course.term, "101")
    choose(alice, muted_courses=[entry.course.pk])
    queue(room(entry))
    assert whys() == []


def test_a_change_of_the_term_is_told_unless_all_that_is_followed_is_muted(alice: User, entry: Any) -> None:
    choose(alice, muted_courses=[entry.course.pk])
    term = entry.course.term
    queue(change(term, "day_overrides", [1], [2], dates=days_ahead(5)))
    assert whys() == []
    follow_group(alice, term, "101")
    queue(change(term, "day_overrides", [2], [3], dates=days_ahead(5)))
    assert whys() == ["waiting"]


def test_a_course_muted_while_the_push_was_queued_does_not_ring(
    phones: Phones, alice: User, entry: Any
) -> None:
    queue(room(entry))
    choose(alice, muted_courses=[entry.course.pk])
    send_due()
    assert (phones.messages(), whys()) == ([], ["muted"])
    assert Push.objects.get().status == "cancelled"


def test_only_the_courses_muted_meanwhile_are_left_out(phones: Phones, alice: User, entry: Any) -> None:
    other = make_entry(make_course("Databases"))
    follow(alice, other.course)
    queue(room(entry), room(other))
    choose(alice, muted_courses=[entry.course.pk])
    send_due()
    assert [each["title"] for each in phones.messages()] == ["Databases: new room"]
    assert "more" not in phones.messages()[0]["body"]


def test_a_category_kept_out_of_the_inbox_makes_nothing(alice: User, entry: Any) -> None:
    choose(alice, **off("schedule", "inbox"))
    queue(room(entry), note(make_exam(entry.course)))
    assert [each["object"] for each in Notification.objects.get().changes] == ["exam"]
    queue(change(entry, "rooms", ["B"], ["C"], dates=days_ahead(5)))
    assert Notification.objects.count() == 1


def test_a_category_without_push_is_listed_and_says_why_it_did_not_ring(
    phones: Phones, alice: User, entry: Any
) -> None:
    choose(alice, **off("schedule", "push"))
    queue(room(entry))
    send_due()
    assert (phones.messages(), whys(), Push.objects.count()) == ([], ["push-off"], 0)


def test_what_also_tells_of_another_category_rings(phones: Phones, alice: User, entry: Any) -> None:
    choose(alice, **off("schedule", "push"))
    queue(room(entry), note(make_exam(entry.course)))
    send_due()
    assert (len(phones.messages()), whys()) == (1, ["rang"])


@pytest.mark.parametrize("channel", ["push", "inbox"])
def test_a_category_switched_off_while_the_push_was_queued_does_not_ring(
    phones: Phones, alice: User, entry: Any, channel: str
) -> None:
    queue(room(entry))
    choose(alice, **off("schedule", channel))
    send_due()
    assert (phones.messages(), whys()) == ([], ["push-off"])


def test_pushes_that_are_not_wanted_do_not_count_as_phones_to_ring(
    alice: User, entry: Any, settings: Any
) -> None:
    settings.RING_LIMIT = 0
    choose(alice, **off("schedule", "push"))
    queue(room(entry))
    assert whys() == ["push-off"]
