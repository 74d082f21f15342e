"""The brake before phones: a change set that would ring very many is applied, but rings only once staff say so."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from apps.courses.hidden_entries import hide
from apps.courses.models import Enrolment, HiddenEntry
from apps.notifications.delivery import send_due
from apps.notifications.devices import retire_device
from apps.notifications.holds import approve, reject
from apps.notifications.models import Device, Hold, Notification, Push
from apps.notifications.outbox import expand_due
from apps.users.models import User
from apps.webhooks.processing import apply_pending
from tests.factories.courses import change, days_ahead, follow, make_course, make_entry, make_user, record
from tests.factories.documents import course, entry, put_course, put_term, stored
from tests.factories.notifications import make_device
from tests.factories.webhooks import SECRET, Sender
from tests.notifications.conftest import Phones
from tests.together import together


@pytest.fixture
def staff(db: None) -> User:
    return make_user("staff", is_staff=True)


@pytest.fixture
def lecture(db: None, settings: Any) -> Any:
    """What alice and bob follow, each with a phone, where one may ring unasked."""
    settings.RING_LIMIT = 1
    lecture = make_entry(make_course(), rooms=["A"])
    for name in ("alice", "bob"):
        user = make_user(name)
        follow(user, lecture.course)
        make_device(user, name)
    return lecture


def moved(lecture: Any, old: str, new: str) -> int:
    """The revision of a change of rooms, expanded."""
    change_set = record(change(lecture, "rooms", [old], [new], dates=days_ahead(5)))
    assert expand_due() == 1
    return change_set.revision


def ring(phones: Phones) -> list[str]:
    """What alice's phone has been shown since the start of the test."""
    send_due()
    return [each["body"] for each in phones.messages("alice")]


def user(name: str) -> User:
    return User.objects.get(email__startswith=name)


def fates(name: str) -> list[tuple[str, str]]:
    pushes = Push.objects.filter(device__address=name).order_by("notification__change_set")
    return [(push.status, push.notification.why) for push in pushes.select_related("notification")]


def test_as_many_as_may_ring_do(phones: Phones, lecture: Any, settings: Any) -> None:
    settings.RING_LIMIT = 2
    moved(lecture, "A", "B")
    assert ring(phones) == ["Tue 11:15: A → B"]
    assert not Hold.objects.exists()


def test_one_more_waits_with_its_messages_listed(phones: Phones, lecture: Any) -> None:
    revision = moved(lecture, "A", "B")
    assert ring(phones) == []
    assert Hold.objects.values_list("fan_out", "phones", "state").get() == (revision, 2, "waiting")
    assert Notification.objects.count() == 2
    assert fates("alice") == fates("bob") == [("held", "held")]


def test_approved_they_ring(phones: Phones, lecture: Any, staff: User) -> None:
    revision = moved(lecture, "A", "B")
    approve(revision=revision, user=staff, now=timezone.now())
    assert ring(phones) == ["Tue 11:15: A → B"]
    assert fates("alice") == fates("bob") == [("sent", "rang")]
    hold = Hold.objects.get()
    assert (hold.state, hold.decided_by) == ("approved", staff)
    assert hold.decided_at


def test_rejected_they_never_do(phones: Phones, lecture: Any, staff: User) -> None:
    revision = moved(lecture, "A", "B")
    reject(revision=revision, user=staff)
    assert ring(phones) == []
    assert fates("alice") == [("cancelled", "rejected")]
    assert Hold.objects.get().state == "rejected"


def test_a_message_without_a_phone_says_so_whatever_staff_decide(lecture: Any, staff: User) -> None:
    carol = make_user("carol")
    follow(carol, lecture.course)
    revision = moved(lecture, "A", "B")
    assert Notification.objects.get(user=carol).why == "no-device"
    approve(revision=revision, user=staff, now=timezone.now())
    assert Notification.objects.get(user=carol).why == "no-device"


def test_what_is_decided_stays_decided(lecture: Any, staff: User) -> None:
    revision = moved(lecture, "A", "B")
    reject(revision=revision, user=staff)
    for _ in range(2):
        with pytest.raises(Hold.Decided):
            approve(revision=revision, user=staff, now=timezone.now())
        with pytest.raises(Hold.Decided):
            reject(revision=revision, user=staff)
    assert fates("alice") == [("cancelled", "rejected")]


def test_each_is_looked_at_again_once_approved(phones: Phones, lecture: Any, staff: User) -> None:
    for name in ("carol", "dan", "erin"):
        person = make_user(name)
        follow(person, lecture.course)
        make_device(person, name)
    revision = moved(lecture, "A", "B")
    hide(user_id=user("alice").pk, entry_id=lecture.pk)
    Enrolment.objects.filter(user=user("bob")).delete()
    retire_device(device=Device.objects.get(address="carol"))
    Push.objects.filter(device__address="dan").update(expires_at=timezone.now())
    approve(revision=revision, user=staff, now=timezone.now())
    send_due()
    assert [each["address"] for each in phones.messages()] == ["erin"]
    assert fates("alice") == fates("bob") == [("cancelled", "unfollowed")]
    assert (fates("carol"), fates("dan")) == ([("cancelled", "signed-out")], [("expired", "expired")])


def test_what_was_undone_while_it_waited_rings_nobody(phones: Phones, lecture: Any, staff: User) -> None:
    there, back = moved(lecture, "A", "B"), moved(lecture, "B", "A")
    for revision in (there, back):
        approve(revision=revision, user=staff, now=timezone.now())
    assert ring(phones) == []
    assert fates("alice") == [("cancelled", "undone"), ("cancelled", "undone")]


def test_a_small_change_meanwhile_rings_with_the_whole_difference_and_approval_not_again(
    phones: Phones, lecture: Any, staff: User
) -> None:
    large = moved(lecture, "A", "B")
    hide(user_id=user("bob").pk, entry_id=lecture.pk)
    moved(lecture, "B", "C")
    assert ring(phones) == ["Tue 11:15: A → C"]
    approve(revision=large, user=staff, now=timezone.now())
    assert ring(phones) == ["Tue 11:15: A → C"]
    assert fates("alice") == [("cancelled", "told"), ("sent", "rang")]


def test_a_small_change_back_meanwhile_rings_nobody_nor_does_approval(
    phones: Phones, lecture: Any, staff: User
) -> None:
    large = moved(lecture, "A", "B")
    hide(user_id=user("bob").pk, entry_id=lecture.pk)
    moved(lecture, "B", "A")
    assert ring(phones) == []
    approve(revision=large, user=staff, now=timezone.now())
    assert ring(phones) == []
    assert fates("alice") == [("cancelled", "undone"), ("cancelled", "undone")]


def test_a_small_change_after_a_rejection_tells_from_what_phones_knew(
    phones: Phones, lecture: Any, staff: User
) -> None:
    reject(revision=moved(lecture, "A", "B"), user=staff)
    hide(user_id=user("bob").pk, entry_id=lecture.pk)
    moved(lecture, "B", "C")
    assert ring(phones) == ["Tue 11:15: A → C"]


def test_a_small_change_does_not_wait_for_a_large_one_after_it(
    phones: Phones, lecture: Any, staff: User
) -> None:
    hide(user_id=user("bob").pk, entry_id=lecture.pk)
    moved(lecture, "A", "B")
    HiddenEntry.objects.all().delete()
    large = moved(lecture, "B", "C")
    assert ring(phones) == ["Tue 11:15: A → C"], "what holds by now, not what held for a moment"
    approve(revision=large, user=staff, now=timezone.now())
    assert ring(phones) == ["Tue 11:15: A → C"]
    assert [each["body"] for each in phones.messages("bob")] == ["Tue 11:15: B → C"]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_that_wait_tell_everyone_once_in_whatever_order_they_are_approved(
    phones: Phones, lecture: Any, staff: User, order: tuple[int, int]
) -> None:
    revisions = [moved(lecture, "A", "B"), moved(lecture, "B", "C")]
    for place in order:
        approve(revision=revisions[place], user=staff, now=timezone.now())
        assert ring(phones) == ["Tue 11:15: A → C"]


def test_two_approved_together_tell_everyone_once(phones: Phones, lecture: Any, staff: User) -> None:
    for revision in [moved(lecture, "A", "B"), moved(lecture, "B", "C")]:
        approve(revision=revision, user=staff, now=timezone.now())
    assert ring(phones) == ["Tue 11:15: A → C"]
    assert len(phones.messages("bob")) == 1


def test_what_has_come_near_meanwhile_is_urgent(lecture: Any, staff: User) -> None:
    revision = moved(lecture, "A", "B")
    assert not Push.objects.filter(high_priority=True).exists()
    approve(revision=revision, user=staff, now=timezone.now() + timedelta(days=4, hours=12))
    assert not Push.objects.filter(high_priority=False).exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_one_does(lecture: Any, staff: User) -> None:
    revision = moved(lecture, "A", "B")
    decisions: Iterator[Callable[[], None]] = iter(
        [
            lambda: approve(revision=revision, user=staff, now=timezone.now()),
            lambda: reject(revision=revision, user=staff),
        ]
    )

    def decide() -> bool:
        try:
            next(decisions)()
        except Hold.Decided:
            return False
        return True

    assert sorted(together(2, decide, at=Hold.objects.all())) == [False, True]
    expected = {"approved": ("pending", "waiting"), "rejected": ("cancelled", "rejected")}
    assert fates("alice") == fates("bob") == [expected[Hold.objects.get().state]]


def test_from_the_signed_webhook_to_the_phone(phones: Phones, staff: User, settings: Any) -> None:
    settings.WEBHOOK_SECRETS = {"course-service": [SECRET]}
    settings.RING_LIMIT = 1
    today = timezone.now().date()
    dates: dict[str, Any] = {
        "starts_on": today.isoformat(),
        "ends_on": (today + timedelta(weeks=12)).isoformat(),
    }
    put_term(
        silenced=True, periods=[{"kind": "teaching", "name": "Teaching", **dates}], time_zone="UTC", **dates
    )
    put_course(1, silenced=True)
    people = [make_user("alice"), make_user("bob", language="sr")]
    for person in people:
        follow(person, stored())
        make_device(person, person.first_name.lower())

    source = Sender()
    assert source.send("course.updated", course(entries=[entry(rooms=["Raf04"])])).status_code == 202
    apply_pending()
    while expand_due():
        pass

    assert ring(phones) == []
    api = Client()
    assert api.get(f"/api/v1/courses/{stored().pk}/").json()["entries"][0]["rooms"] == ["Raf04"]
    assert (
        _why(people[0]) == "It has not rung yet: it would ring very many phones, so staff look at it first."
    )
    assert _why(people[1]).startswith("Još nije stiglo na telefon")

    approve(revision=Hold.objects.get().pk, user=staff, now=timezone.now())
    assert ring(phones) == ["Tue 11:15: Raf20 → Raf04"]
    assert _why(people[0]) == "It rang because you follow this."


def _why(person: User) -> str:
    api = APIClient()
    api.force_authenticate(person)
    [told] = api.get("/api/v1/me/notifications/").json()["results"]
    return str(told["why"])
