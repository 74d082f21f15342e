"""What staff see of a change set on its way: whom it concerns, whom it reached, who has read it; and that nothing rings at the moment."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.notifications.delivery import send_due
from apps.notifications.models import FanOut, Notification, Pause, Push
from apps.notifications.outbox import expand_due
from apps.notifications.pauses import pause
from apps.users.models import User
from tests.courses.admin_pages import signed_in, url_of
from tests.factories.courses import change, days_ahead, follow, make_course, make_entry, make_user, record
from tests.factories.notifications import make_device
from tests.notifications.conftest import Phones

pytestmark = pytest.mark.django_db
LIST = "/admin/notifications/fanout/"
NAMES = ("alice", "bob", "carol", "dave", "erin")


@pytest.fixture
def staff() -> Client:
    return signed_in(User.objects.create_superuser("staff@example.org"))


@pytest.fixture
def fan_out(phones: Phones) -> FanOut:
    """Of five: one read it, one is rung, one's phone is gone, one's was too late, one's is refused; and one has no phone."""
    lecture = make_entry(make_course("Algorithms"), rooms=["A"])
    for name in (*NAMES, "fred"):
        follow(make_user(name), lecture.course)
    for name in NAMES:
        make_device(User.objects.get(first_name=name.title()), name)
    record(change(lecture, "rooms", ["A"], ["B"], dates=days_ahead(5)))
    expand_due()
    phones.fail(address="carol", status=404, error_code="UNREGISTERED")
    phones.fail(address="erin", status=400, error_code="INVALID_ARGUMENT", fields=["message.data"])
    Push.objects.filter(device__address="dave").update(expires_at=Now())
    send_due()
    Notification.objects.filter(user__first_name="Alice").mark_read()
    return FanOut.objects.get()


def test_the_page_of_a_change_set_tells_how_far_it_has_come(staff: Client, fan_out: FanOut) -> None:
    answer = staff.get(url_of(fan_out))
    reach = answer.context["reach"]
    assert dict(reach["figures"]) == {
        "People concerned": 6,
        "Their phones": 5,
        "Delivered to FCM": 2,
        "Could not be rung": 3,
        "Read in the app": 1,
    }
    (_, phones), (_, people) = reach["bars"]
    assert [(words, count, share) for words, count, share, _ in phones] == [
        ("rung: FCM has taken it", 2, "40.00"),
        ("app gone", 1, "20.00"),
        ("too late", 1, "20.00"),
        ("refused", 1, "20.00"),
    ]
    assert [(words, count) for words, count, *_ in people] == [("have read it", 1), ("have not", 5)]
    assert "width: 40.00%" in answer.content.decode()
    [row] = answer.context["ledger"]()["rows"]
    assert row[4:7] == ["rooms", "A", "B"]


def test_a_change_set_that_reached_nobody_says_so(staff: Client) -> None:
    record(change(make_entry(make_course()), "rooms", ["A"], ["B"], dates=days_ahead(5)))
    expand_due()
    answer = staff.get(url_of(FanOut.objects.get()))
    assert answer.content.decode().count("<p>None.</p>") == 2


def test_what_is_held_or_about_to_ring_waits(staff: Client, fan_out: FanOut) -> None:
    Push.objects.filter(status="sent").update(status="held")
    reach = staff.get(url_of(fan_out)).context["reach"]
    assert reach["bars"][0][1][0][:2] == ("waiting", 2)


def test_the_list_counts_for_its_rows_in_as_many_statements_however_long(
    staff: Client, fan_out: FanOut
) -> None:
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            page = staff.get(LIST).content.decode()
        counts.append(len(queries))
        assert "2 of 5" in page
        record(change(make_entry(make_course()), "rooms", ["A"], ["B"], dates=days_ahead(5)))
        expand_due()
    assert counts[0] == counts[1] <= 12


def test_whoever_may_not_see_it_does_not(fan_out: FanOut) -> None:
    client = signed_in(User.objects.create_user("carol@example.org", is_staff=True))
    assert client.get(url_of(fan_out)).status_code == 403


@pytest.mark.parametrize("page", ["notification", "fanout", "push", "pause", "device", "reminder"])
def test_a_pause_is_told_above_the_lists_of_phones_with_what_fcm_said(staff: Client, page: str) -> None:
    url = f"/admin/notifications/{page}/"
    assert "is rung before" not in staff.get(url).content.decode()
    pause(scope="ios", wait=timedelta(minutes=5), why="401 <THIRD_PARTY_AUTH_ERROR>")
    shown = staff.get(url).content.decode()
    assert "No ios phone is rung before" in shown
    assert "401 &lt;THIRD_PARTY_AUTH_ERROR&gt;" in shown


def test_every_page_says_that_phones_are_paused_until_they_are_not(staff: Client) -> None:
    assert "aused" not in staff.get("/admin/").content.decode().replace("Pauses", "")
    pause(scope="ios", wait=timedelta(minutes=5), why="")
    assert "Paused: ios" in staff.get("/admin/").content.decode()
    pause(scope=Pause.EVERYTHING, wait=timedelta(minutes=5), why="")
    assert "Phones paused" in staff.get("/admin/courses/course/").content.decode()
    assert "Phones paused" not in Client().get("/admin/login/").content.decode()
    Pause.objects.update(until=Now())
    assert "Phones paused" not in staff.get("/admin/").content.decode()
