"""The page on which staff say whether many phones may ring."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.notifications.models import Hold, Push
from apps.notifications.outbox import expand_due
from apps.users.models import User
from tests.courses.admin_pages import signed_in, url_of
from tests.factories.courses import change, days_ahead, follow, make_course, make_entry, make_user, record
from tests.factories.notifications import make_device

pytestmark = pytest.mark.django_db
LIST = "/admin/notifications/hold/"


@pytest.fixture
def staff() -> Client:
    return signed_in(User.objects.create_superuser("staff@example.org"))


@pytest.fixture
def hold(settings: Any) -> Hold:
    """Three phones of two people, over a change of a room."""
    settings.RING_LIMIT = 2
    lecture = make_entry(make_course("Algorithms"), rooms=["A"])
    for name in ("alice", "bob"):
        follow(make_user(name), lecture.course)
    for address, name in (("1", "alice"), ("2", "alice"), ("3", "bob")):
        make_device(User.objects.get(first_name=name.title()), address)
    record(change(lecture, "rooms", ["A"], ["B"], dates=days_ahead(5)))
    expand_due()
    return Hold.objects.get()


def statuses() -> set[str]:
    return set(Push.objects.values_list("status", flat=True))


def test_the_page_says_what_it_would_do_and_shows_the_difference(staff: Client, hold: Hold) -> None:
    answer = staff.get(url_of(hold))
    page = answer.content.decode()
    assert "This would ring 3 phones." in page
    assert "They belong to 2 people." in page
    assert answer.context["told"]["rows"] == [["3", "Algorithms: new room", "Tue 11:15: A → B"]]
    [row] = answer.context["ledger"]()["rows"]
    assert row[4:7] == ["rooms", "A", "B"]


@pytest.mark.parametrize(("verdict", "status"), [("approve", "pending"), ("reject", "cancelled")])
def test_a_button_decides(staff: Client, hold: Hold, verdict: str, status: str) -> None:
    assert f'value="{verdict}"' in staff.get(url_of(hold)).content.decode()
    staff.post(url_of(hold), {"verdict": verdict})
    assert statuses() == {status}
    decided = Hold.objects.get()
    assert (decided.state, str(decided.decided_by)) == (
        {"approve": "approved", "reject": "rejected"}[verdict],
        "staff@example.org",
    )


def test_who_is_too_late_is_told_so(staff: Client, hold: Hold) -> None:
    staff.post(url_of(hold), {"verdict": "approve"})
    page = staff.post(url_of(hold), {"verdict": "reject"}, follow=True).content.decode()
    assert "This had already been decided." in page
    assert 'value="reject"' not in page
    assert "3 phones: approved" in page
    assert statuses() == {"pending"}


def test_looking_does_not_entitle_to_deciding(hold: Hold) -> None:
    carol = User.objects.create_user("carol@example.org", is_staff=True)
    client = signed_in(carol)
    assert client.get(url_of(hold)).status_code == 403
    assert client.post(url_of(hold), {"verdict": "approve"}).status_code == 403

    carol.user_permissions.add(Permission.objects.get(codename="view_hold"))
    assert 'value="approve"' not in client.get(url_of(hold)).content.decode()
    assert client.post(url_of(hold), {"verdict": "approve"}).status_code == 403
    assert statuses() == {"held"}

    carol.user_permissions.add(Permission.objects.get(codename="change_hold"))
    client.post(url_of(hold), {"verdict": "approve"})
    assert statuses() == {"pending"}


def test_only_a_post_with_the_token_of_the_form_decides(hold: Hold) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("staff@example.org"))
    assert client.get(f"{url_of(hold)}?verdict=approve").status_code == 200
    assert client.post(url_of(hold), {"verdict": "approve"}).status_code == 403
    assert statuses() == {"held"}


def test_nothing_else_of_it_is_edited(staff: Client, hold: Hold) -> None:
    assert staff.get(f"{LIST}add/").status_code == 403
    assert staff.post(url_of(hold).replace("/change/", "/delete/"), {"post": "yes"}).status_code == 403
    assert staff.post(url_of(hold), {"state": "approved", "_save": ""}).status_code == 403
    assert statuses() == {"held"}


def test_the_sidebar_counts_those_that_wait(staff: Client, hold: Hold) -> None:
    item = "<span>Ringing</span>"
    before = staff.get(LIST).content.decode().partition(item)[2][:1200]
    assert "bg-orange-500" in before
    staff.post(url_of(hold), {"verdict": "reject"})
    after = staff.get(LIST).content.decode().partition(item)[2][:1200]
    assert "bg-orange-500" not in after


def test_the_list_says_each_in_a_line_and_costs_the_same_however_long(staff: Client, hold: Hold) -> None:
    assert "This would ring 3 phones" in staff.get(LIST).content.decode()
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            staff.get(LIST)
        counts.append(len(queries))
        lecture = make_entry(make_course())
        follow(User.objects.get(first_name="Alice"), lecture.course)
        follow(User.objects.get(first_name="Bob"), lecture.course)
        record(change(lecture, "rooms", ["A"], ["B"], dates=days_ahead(5)))
        expand_due()
    assert counts[0] == counts[1] <= 12
    assert Hold.objects.count() == 3
