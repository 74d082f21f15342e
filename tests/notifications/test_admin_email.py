"""Staff see of each message whether it went by e-mail, and if not, why."""

from typing import Any

import pytest
from django.test import Client

from apps.mail.delivery import send_due
from apps.mail.models import Letter
from apps.notifications.mailing import post_due
from apps.notifications.models import Mailing, Notification
from apps.notifications.outbox import expand_due
from apps.users.models import User
from tests.courses.admin_pages import signed_in
from tests.factories.courses import change, days_ahead, follow, make_course, make_entry, make_user, record
from tests.notifications.letters import by_email

pytestmark = pytest.mark.django_db
LIST = "/admin/notifications/notification/"


@pytest.fixture
def staff() -> Client:
    return signed_in(User.objects.create_superuser("staff@example.org"))


@pytest.fixture
def notification() -> Notification:
    """Alice's, who wants e-mail; bob has one too, and wants none."""
    entry = make_entry(make_course())
    for name in ("alice", "bob"):
        follow(make_user(name), entry.course)
    by_email(User.objects.get(first_name="Alice"), "schedule")
    record(change(entry, "rooms", ["A"], ["B"], dates=days_ahead(5)))
    expand_due()
    return Notification.objects.get(user__first_name="Alice")


def page(staff: Client, notification: Notification) -> str:
    return staff.get(f"{LIST}{notification.pk}/change/").content.decode()


def labels(staff: Client) -> dict[str, str | None]:
    answer: Any = staff.get(LIST)
    changelist = answer.context["cl"]
    return {each.user.first_name: changelist.model_admin.email_label(each) for each in changelist.result_list}


def test_the_list_tells_how_far_it_has_come(staff: Client, notification: Notification) -> None:
    assert labels(staff) == {"Alice": "pending", "Bob": None}
    post_due()
    assert labels(staff)["Alice"] == "pending"
    send_due()
    assert labels(staff)["Alice"] == "sent"
    Letter.objects.all().delete()
    assert labels(staff)["Alice"] == "posted", "its letter is pruned some day"


def test_the_page_tells_why(staff: Client, notification: Notification) -> None:
    post_due()
    Letter.objects.update(status="dead", error="550 no such user")
    assert "the user wants e-mail of this category: 550 no such user" in page(staff, notification)
    Mailing.objects.update(status="cancelled", why="muted", reason="unread")
    Letter.objects.all().delete()
    assert "an exam changed, and the user has not read of it: muted" in page(staff, notification)
