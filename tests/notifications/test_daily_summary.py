"""What is not urgent rings once a day, at the user's hour."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from apps.notifications import delivery
from apps.notifications.delivery import claim, send_due
from apps.notifications.models import Notification, Preferences, Push
from apps.notifications.outbox import expand_due
from apps.notifications.preferences import change_preferences
from apps.users.models import User
from tests.factories.courses import change, days_ahead, follow, make_course, make_entry, make_user, record
from tests.factories.notifications import make_device
from tests.notifications.conftest import Phones

pytestmark = pytest.mark.django_db
TOKYO = ZoneInfo("Asia/Tokyo")


def here() -> datetime:
    return timezone.now().astimezone(TOKYO)


def hour_in(hours: int) -> datetime:
    return (here() + timedelta(hours=hours)).replace(minute=0, second=0, microsecond=0)


@pytest.fixture
def alice() -> User:
    alice = make_user("alice", time_zone="Asia/Tokyo")
    make_device(alice, "alice")
    change_preferences(user_id=alice.pk, changes={"daily_summary_hour": hour_in(3).hour})
    return alice


@pytest.fixture
def entry(alice: User) -> Any:
    return followed(alice, "Algorithms")


def followed(user: User, title: str) -> Any:
    entry = make_entry(make_course(title), rooms=["A"])
    follow(user, entry.course)
    return entry


def room(entry: Any, old: str = "A", new: str = "B", days: int = 5) -> Any:
    return change(entry, "rooms", [old], [new], dates=days_ahead(days))


def queue(*changes: Any) -> None:
    record(*changes)
    assert expand_due() == 1
    send_due()


def let_the_hour_come(days_late: int = 0) -> None:
    """As if it were the hour for which they wait."""
    Preferences.objects.update(summary_hour=here().hour)
    day = here().date() - timedelta(days=days_late)
    Push.objects.filter(status="pending", summary_day__isnull=False).update(
        summary_day=day, next_try_at=timezone.now(), lease_until=None
    )


def whys() -> list[str]:
    return list(Notification.objects.order_by("change_set").values_list("why", flat=True))


def test_what_is_far_waits_for_the_hour_on_the_users_clock(phones: Phones, entry: Any) -> None:
    queue(room(entry))
    push = Push.objects.get()
    assert (phones.messages(), whys()) == ([], ["summary"])
    assert (push.next_try_at, push.summary_day) == (hour_in(3), hour_in(3).date())


def test_what_begins_within_a_day_does_not_wait(phones: Phones, entry: Any) -> None:
    starts_at = timezone.now() + timedelta(hours=23)
    record(room(entry))
    expand_due()
    Notification.objects.update(starts_at=starts_at)
    send_due()
    assert len(phones.messages()) == 1


def test_what_would_be_no_news_by_then_does_not_wait(phones: Phones, entry: Any) -> None:
    record(room(entry))
    expand_due()
    Push.objects.update(expires_at=timezone.now() + timedelta(hours=3))
    send_due()
    assert len(phones.messages()) == 1


def test_it_rings_each_phone_once_with_all_that_waited(phones: Phones, alice: User, entry: Any) -> None:
    make_device(alice, "tablet", platform="ios")
    queue(room(entry))
    queue(room(followed(alice, "Databases"), new="C"))
    let_the_hour_come()
    send_due()
    for address in ("alice", "tablet"):
        [shown] = phones.messages(address)
        assert shown["title"] == "Daily summary (2)"
        assert (
            shown["body"] == "Algorithms: new room: Tue 11:15: A → B\nDatabases: new room: Tue 11:15: A → C"
        )
        first = Notification.objects.order_by("change_set")[0]
        assert shown["data"]["deep_link"] == f"campanile://notifications/{first.pk}"
        assert shown["data"]["kind"] == "summary"
    assert whys() == ["rang", "rang"]
    assert set(Push.objects.values_list("status", flat=True)) == {"sent"}


def test_of_one_message_it_is_that_message(phones: Phones, entry: Any) -> None:
    queue(room(entry))
    let_the_hour_come()
    send_due()
    assert phones.shown() == ["Algorithms: new room: Tue 11:15: A → B"]


def test_what_was_undone_is_left_out_and_nothing_at_all_does_not_ring(
    phones: Phones, alice: User, entry: Any
) -> None:
    queue(room(entry))
    queue(room(entry, "B", "A"))
    let_the_hour_come()
    send_due()
    assert (phones.messages(), whys()) == ([], ["undone", "undone"])


def test_the_first_may_be_undone_and_the_rest_fail_and_be_tried_again(
    phones: Phones, alice: User, entry: Any
) -> None:
    queue(room(entry))
    for title in ("Databases", "Logic"):
        queue(room(followed(alice, title)))
    record(room(entry, "B", "A"))
    let_the_hour_come()
    phones.fail(address="alice", status=503)
    send_due()
    assert Push.objects.filter(status="pending").count() == 2
    Push.objects.filter(status="pending").update(next_try_at=timezone.now())
    send_due()
    assert [each["title"] for each in phones.messages()] == ["Daily summary (2)"]


def test_there_is_one_a_day_also_when_the_hour_is_changed(phones: Phones, alice: User, entry: Any) -> None:
    queue(room(entry))
    let_the_hour_come()
    send_due()
    change_preferences(user_id=alice.pk, changes={"daily_summary_hour": hour_in(1).hour})
    queue(room(followed(alice, "Databases")))
    assert len(phones.messages()) == 1
    held = Push.objects.get(status="pending")
    assert held.summary_day == here().date() + timedelta(days=1)


def test_what_comes_in_the_hour_itself_waits_for_the_next(phones: Phones, alice: User, entry: Any) -> None:
    change_preferences(user_id=alice.pk, changes={"daily_summary_hour": here().hour})
    queue(room(entry))
    assert phones.messages() == []
    assert Push.objects.get().summary_day == here().date() + timedelta(days=1)


def test_one_that_could_not_be_sent_in_time_waits_for_the_next(
    phones: Phones, alice: User, entry: Any
) -> None:
    queue(room(entry))
    queue(room(followed(alice, "Databases")))
    let_the_hour_come(days_late=1)
    send_due()
    assert (phones.messages(), whys()) == ([], ["summary", "summary"])
    days = Push.objects.values_list("summary_day", flat=True)
    assert set(days) == {here().date() + timedelta(days=1)}


def test_one_worker_has_all_of_a_summary(
    alice: User, entry: Any, phones: Phones, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "BATCH", 1)
    queue(room(entry))
    queue(room(followed(alice, "Databases")))
    let_the_hour_come()
    mine, _ = claim()
    others, _ = claim()
    assert (len(mine), others) == (2, [])


def test_nobody_claims_a_part_of_a_summary_whose_first_is_being_claimed(
    alice: User, entry: Any, phones: Phones
) -> None:
    queue(room(entry))
    queue(room(followed(alice, "Databases")))
    let_the_hour_come()
    first = Push.objects.order_by("pk")[0]
    Push.objects.filter(pk=first.pk).update(lease_until=timezone.now() + timedelta(minutes=1))
    assert claim()[0] == []


def test_a_worker_killed_before_sending_is_followed_by_one_that_sends_once(
    phones: Phones, alice: User, entry: Any
) -> None:
    queue(room(entry))
    queue(room(followed(alice, "Databases")))
    let_the_hour_come()
    claim()
    Push.objects.update(lease_until=timezone.now())
    send_due()
    send_due()
    assert len(phones.messages()) == 1


def test_a_worker_killed_after_sending_is_followed_by_one_that_sends_the_same_again(
    phones: Phones, alice: User, entry: Any
) -> None:
    queue(room(entry))
    queue(room(followed(alice, "Databases")))
    let_the_hour_come()
    send_due()
    Push.objects.update(status="pending", told_revision=None)
    send_due()
    first, second = phones.messages()
    assert first["data"] == second["data"]
    assert first["message"]["android"]["notification"] == second["message"]["android"]["notification"]


def test_who_wants_no_summary_any_more_is_rung_at_once(phones: Phones, alice: User, entry: Any) -> None:
    queue(room(entry))
    change_preferences(user_id=alice.pk, changes={"daily_summary_hour": None})
    send_due()
    assert len(phones.messages()) == 1
