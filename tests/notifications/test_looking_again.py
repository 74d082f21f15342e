"""The last look before a phone rings: who is no longer to be rung, and what is no longer so."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from apps.courses.hidden_entries import hide
from apps.courses.models import Enrolment
from apps.notifications.delivery import send_due
from apps.notifications.devices import register_device, retire_device
from apps.notifications.models import Notification, Push
from apps.notifications.outbox import expand_due
from apps.users.models import Session, User
from apps.users.sessions import end_sessions
from tests.factories.courses import change, days_ahead, follow, make_course, make_entry, make_user, record
from tests.factories.notifications import make_device
from tests.notifications.conftest import Phones

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    return make_user("alice")


@pytest.fixture
def entry(alice: User) -> Any:
    """What alice follows; her phone is registered."""
    entry = make_entry(make_course(), rooms=["A"])
    follow(alice, entry.course)
    make_device(alice, "alice")
    return entry


def room(entry: Any, old: str, new: str) -> Any:
    return change(entry, "rooms", [old], [new], dates=days_ahead(5))


def queue(*changes: Any) -> None:
    record(*changes)
    assert expand_due() == 1


def outcomes() -> list[tuple[str, str]]:
    pushes = Push.objects.select_related("notification").order_by("notification__change_set", "pk")
    return [(push.status, push.notification.why) for push in pushes]


def test_a_change_undone_before_it_was_pushed_rings_no_phone(phones: Phones, entry: Any) -> None:
    queue(room(entry, "A", "B"))
    queue(room(entry, "B", "A"))
    send_due()
    assert phones.messages() == []
    assert outcomes() == [("cancelled", "undone"), ("cancelled", "undone")]


def test_a_change_undone_before_its_undoing_was_expanded_rings_no_phone_either(
    phones: Phones, entry: Any
) -> None:
    queue(room(entry, "A", "B"))
    record(room(entry, "B", "A"))
    send_due()
    expand_due()
    send_due()
    assert phones.messages() == []
    assert outcomes() == [("cancelled", "undone"), ("cancelled", "undone")]


def test_a_change_undone_after_it_was_pushed_rings_again(phones: Phones, entry: Any) -> None:
    queue(room(entry, "A", "B"))
    send_due()
    queue(room(entry, "B", "A"))
    send_due()
    assert [each["body"] for each in phones.messages()] == ["Tue 11:15: A → B", "Tue 11:15: B → A"]


def test_two_steps_that_waited_together_ring_once_with_the_whole_difference(
    phones: Phones, entry: Any
) -> None:
    queue(room(entry, "A", "B"))
    queue(room(entry, "B", "C"))
    send_due()
    assert [each["body"] for each in phones.messages()] == ["Tue 11:15: A → C"]
    assert outcomes() == [("cancelled", "told"), ("sent", "rang")]


def test_a_step_that_an_earlier_message_already_told_does_not_ring_again(phones: Phones, entry: Any) -> None:
    queue(room(entry, "A", "B"))
    record(room(entry, "B", "C"))
    send_due()
    expand_due()
    send_due()
    assert [each["body"] for each in phones.messages()] == ["Tue 11:15: A → C"]
    assert outcomes() == [("sent", "rang"), ("cancelled", "told")]


def test_a_phone_that_missed_a_step_hears_the_whole_difference(
    phones: Phones, alice: User, entry: Any
) -> None:
    make_device(alice, "tablet")
    queue(room(entry, "A", "B"))
    phones.fail(address="tablet", status=400, fields=["message.data"])
    send_due()
    queue(room(entry, "B", "C"))
    send_due()
    assert [each["body"] for each in phones.messages("alice")] == ["Tue 11:15: A → B", "Tue 11:15: B → C"]
    assert [each["body"] for each in phones.messages("tablet")] == ["Tue 11:15: A → C"]


def test_a_change_of_an_entry_that_has_left_since_is_not_told(phones: Phones, entry: Any) -> None:
    queue(room(entry, "A", "B"))
    document = {
        "kind": "lecture",
        "weekday": 2,
        "starts_at": "11:15",
        "ends_at": "13:00",
        "rooms": ["B"],
        "groups": [],
    }
    queue(change(entry, "", document, None, dates=days_ahead(5)))
    send_due()
    assert [each["title"] for each in phones.messages()] == ["Algorithms: lecture removed"]


def test_one_who_no_longer_follows_is_not_rung(phones: Phones, entry: Any) -> None:
    queue(room(entry, "A", "B"))
    Enrolment.objects.all().delete()
    send_due()
    assert (phones.messages(), outcomes()) == ([], [("cancelled", "unfollowed")])


def test_one_who_now_follows_another_group_is_not_rung(phones: Phones, alice: User) -> None:
    entry = make_entry(make_course(), groups=["101"])
    rule = follow(alice, entry.course, "101")
    make_device(alice, "alice")
    queue(room(entry, "A", "B"))
    Enrolment.objects.filter(pk=rule.pk).update(group="102")
    send_due()
    assert (phones.messages(), outcomes()) == ([], [("cancelled", "unfollowed")])


def test_one_who_hides_the_entry_by_then_is_not_rung(phones: Phones, alice: User, entry: Any) -> None:
    queue(room(entry, "A", "B"))
    hide(user_id=alice.pk, entry_id=entry.pk)
    send_due()
    assert (phones.messages(), outcomes()) == ([], [("cancelled", "unfollowed")])


def test_one_who_may_not_sign_in_any_more_is_not_rung(phones: Phones, entry: Any) -> None:
    queue(room(entry, "A", "B"))
    User.objects.update(is_active=False)
    send_due()
    assert (phones.messages(), outcomes()) == ([], [("cancelled", "signed-out")])


def _session(user: User) -> Session:
    now = timezone.now()
    times = {"created_at": now, "last_used_at": now, "expires_at": now + timedelta(days=1)}
    return Session.objects.create(user=user, fingerprint="x", **times)


def test_a_phone_whose_session_ended_is_not_rung(phones: Phones, alice: User, entry: Any) -> None:
    session = _session(alice)
    make_device(alice, "second", session=session.pk)
    queue(room(entry, "A", "B"))
    end_sessions(Session.objects.filter(pk=session.pk), reason=Session.Reason.SIGNED_OUT, now=timezone.now())
    send_due()
    assert phones.messages("second") == []
    assert phones.messages("alice") != []
    assert sorted(outcomes()) == [("cancelled", "rang"), ("sent", "rang")]


def test_a_phone_whose_session_ran_out_is_not_rung(phones: Phones, alice: User) -> None:
    entry = make_entry(make_course())
    follow(alice, entry.course)
    make_device(alice, "alice", session=_session(alice).pk)
    queue(room(entry, "A", "B"))
    Session.objects.update(expires_at=Now())
    send_due()
    assert (phones.messages(), outcomes()) == ([], [("cancelled", "signed-out")])


def test_a_phone_that_became_anothers_is_not_rung_for_the_one_before(phones: Phones, entry: Any) -> None:
    queue(room(entry, "A", "B"))
    register_device(user=make_user("bob"), session=None, kind="token", address="alice", platform="android")
    send_due()
    assert (phones.messages(), outcomes()) == ([], [("cancelled", "signed-out")])


def test_a_phone_its_user_removed_is_not_rung(phones: Phones, entry: Any) -> None:
    queue(room(entry, "A", "B"))
    retire_device(device=Push.objects.get().device)
    send_due()
    assert (phones.messages(), outcomes()) == ([], [("cancelled", "signed-out")])


def test_without_a_phone_the_message_is_only_listed(alice: User) -> None:
    entry = make_entry(make_course())
    follow(alice, entry.course)
    queue(room(entry, "A", "B"))
    assert Notification.objects.get().why == "no-device"


def test_text_is_in_the_language_of_the_moment(phones: Phones, entry: Any) -> None:
    queue(room(entry, "A", "B"))
    User.objects.update(language="sr")
    send_due()
    assert phones.messages()[0]["title"] == "Algorithms: nova učionica"
