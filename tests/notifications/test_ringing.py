import pytest

from apps.notifications.delivery import send_due
from apps.notifications.models import FanOut, Notification, Push
from apps.notifications.outbox import expand_due
from tests.factories.courses import change, days_ahead, follow, make_course, make_entry, make_user, record
from tests.factories.notifications import make_device
from tests.notifications.conftest import Phones

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_room_change_rings_the_phone_of_a_follower(phones: Phones) -> None:
    alice, bob = make_user("alice"), make_user("bob")
    course = make_course("Algorithms")
    entry = make_entry(course, rooms=["Raf04"])
    follow(alice, course)
    make_device(alice, "alice-phone")
    make_device(bob, "bob-phone")

    change_set = record(change(entry, "rooms", ["Raf20"], ["Raf04"], dates=days_ahead(7, 14)))
    assert expand_due() == 1
    assert send_due() == 1

    assert phones.shown() == ["Algorithms: new room: Tue 11:15: Raf20 → Raf04"]
    [message] = phones.messages("alice-phone")
    notification = Notification.objects.get()
    assert message["data"] == {
        "notification": str(notification.pk),
        "kind": "entry_room",
        "course": str(course.pk),
        "revision": str(change_set.revision),
        "deep_link": f"campanile://courses/{course.pk}/entries/{entry.pk}?date={days_ahead(7)[0]}",
    }
    push = Push.objects.get()
    assert (push.status, push.fcm_name) == ("sent", message["name"])
    assert (notification.why, notification.user) == ("rang", alice)
    assert FanOut.objects.get().concerned == 1
    assert (expand_due(), send_due()) == (0, 0)
