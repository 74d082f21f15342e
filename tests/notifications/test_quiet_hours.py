"""A phone stays silent in its user's quiet hours, unless it would be too late afterwards."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from apps.notifications.delivery import send_due
from apps.notifications.models import Notification, Preferences, Push
from apps.notifications.outbox import expand_due
from apps.notifications.preferences import change_preferences
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
from tests.notifications.conftest import Phones

pytestmark = pytest.mark.django_db
AUCKLAND = ZoneInfo("Pacific/Auckland")


@pytest.fixture
def alice() -> User:
    alice = make_user("alice", time_zone="Pacific/Auckland")
    make_device(alice, "alice")
    return alice


@pytest.fixture
def entry(alice: User) -> Any:
    entry = make_entry(make_course(), rooms=["A"])
    follow(alice, entry.course)
    return entry


def clock(moment: datetime) -> time:
    return moment.astimezone(AUCKLAND).time().replace(second=0, microsecond=0)


def quiet_for(user: User, hours: int) -> datetime:
    """Quiet hours by the user's clock that began an hour ago; when they end."""
    now = timezone.now()
    ends = (now + timedelta(hours=hours)).replace(second=0, microsecond=0)
    hours_ = {"from": clock(now - timedelta(hours=1)), "to": clock(ends)}
    change_preferences(user_id=user.pk, changes={"quiet_hours": hours_})
    return ends


def room(entry: Any, old: str, new: str, days: int = 5) -> Any:
    return change(entry, "rooms", [old], [new], dates=days_ahead(days))


def queue(*changes: Any) -> None:
    record(*changes)
    assert expand_due() == 1


def exam_at(alice: User, starts_at: datetime) -> Any:
    """A change of the room of an exam that begins then."""
    exam = make_exam(make_course("Physics"))
    follow(alice, exam.course)
    sitting = {
        "starts_at": starts_at.isoformat(),
        "ends_at": (starts_at + timedelta(hours=2)).isoformat(),
        "rooms": ["A"],
        "groups": [],
    }
    return change(exam, "sittings", [sitting], [{**sitting, "rooms": ["B"]}], dates=[starts_at.date()])


def whys() -> list[str]:
    return list(Notification.objects.order_by("change_set").values_list("why", flat=True))


def let_them_end() -> None:
    """As if the quiet hours were over: other ones, and what waited for the end is due."""
    begins, ends = clock(timezone.now() - timedelta(hours=9)), clock(timezone.now() - timedelta(hours=1))
    Preferences.objects.update(quiet_from=begins, quiet_to=ends)
    Push.objects.filter(status="pending").update(next_try_at=timezone.now())


def test_it_waits_until_the_users_clock_shows_their_end(phones: Phones, alice: User, entry: Any) -> None:
    ends = quiet_for(alice, 3)
    queue(room(entry, "A", "B"))
    send_due()
    push = Push.objects.get()
    assert (phones.messages(), whys()) == ([], ["quiet"])
    assert (push.status, push.next_try_at, push.lease_until) == ("pending", ends, None)
    let_them_end()
    send_due()
    assert (len(phones.messages()), whys()) == (1, ["rang"])


def test_outside_of_them_it_rings_at_once(phones: Phones, alice: User, entry: Any) -> None:
    quiet_for(alice, 3)
    let_them_end()
    queue(room(entry, "A", "B"))
    send_due()
    assert len(phones.messages()) == 1


@pytest.mark.parametrize(("hours", "rings"), [(2, True), (4, False)])
def test_what_begins_before_they_end_rings_at_once(
    phones: Phones, alice: User, hours: int, rings: bool
) -> None:
    quiet_for(alice, 3)
    queue(exam_at(alice, timezone.now() + timedelta(hours=hours)))
    send_due()
    assert bool(phones.messages()) is rings
    if not rings:
        let_them_end()
        send_due()
    assert phones.messages()[0]["message"]["android"]["priority"] == "high"


def test_what_has_expired_by_their_end_never_rings(phones: Phones, alice: User, entry: Any) -> None:
    quiet_for(alice, 3)
    queue(room(entry, "A", "B"))
    soon = timezone.now() + timedelta(hours=1)
    Push.objects.update(expires_at=soon)
    send_due()
    assert Push.objects.get().next_try_at == soon
    Push.objects.update(expires_at=timezone.now(), next_try_at=timezone.now())
    send_due()
    assert (phones.messages(), whys()) == ([], ["expired"])


def test_what_is_undone_before_they_end_never_rings(phones: Phones, alice: User, entry: Any) -> None:
    quiet_for(alice, 3)
    queue(room(entry, "A", "B"))
    send_due()
    queue(room(entry, "B", "A"))
    let_them_end()
    send_due()
    assert (phones.messages(), whys()) == ([], ["undone", "undone"])


def test_what_came_together_in_them_rings_once_with_the_whole_difference(
    phones: Phones, alice: User, entry: Any
) -> None:
    quiet_for(alice, 3)
    queue(room(entry, "A", "B"))
    send_due()
    queue(room(entry, "B", "C"))
    send_due()
    assert whys() == ["quiet", "quiet"]
    let_them_end()
    send_due()
    assert [each["body"] for each in phones.messages()] == ["Tue 11:15: A → C"]


def test_something_urgent_is_not_silenced_by_a_later_message_that_waits(phones: Phones, alice: User) -> None:
    """Two changes of one field, the first about the coming hours: the second waits, but the first cannot."""
    quiet_for(alice, 3)
    near = exam_at(alice, timezone.now() + timedelta(hours=2))
    queue(near)
    queue(next_step(near, [{**near.new[0], "rooms": ["C"]}]))
    later = Notification.objects.order_by("change_set").last()
    assert later
    Notification.objects.filter(pk=later.pk).update(starts_at=timezone.now() + timedelta(days=9))
    send_due()
    assert len(phones.messages()) == 1
    assert whys() == ["rang", "quiet"]


def next_step(before: Any, new: Any) -> Any:
    """The next step of the same field."""
    return type(before)(
        kind=before.kind,
        object_id=before.object_id,
        course=before.course,
        field=before.field,
        old=before.new,
        new=new,
        dates=before.dates,
    )


def test_who_ends_them_early_is_rung_at_once(phones: Phones, alice: User, entry: Any) -> None:
    quiet_for(alice, 3)
    queue(room(entry, "A", "B"))
    send_due()
    change_preferences(user_id=alice.pk, changes={"quiet_hours": None})
    send_due()
    assert len(phones.messages()) == 1
