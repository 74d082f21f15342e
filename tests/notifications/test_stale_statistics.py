"""A quiet time leaves statistics behind by which nothing waits; what then comes at once is written no slower for it."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from apps.notifications.delivery import CLAIM
from apps.notifications.models import Device, Notification, Push
from apps.notifications.postponing import POSTPONE
from apps.notifications.settling import EXPLAIN, WRITE
from apps.users.models import User
from tests.factories.courses import make_course
from tests.factories.notifications import make_announcement, make_audience
from tests.notifications.plans import steps

pytestmark = pytest.mark.django_db
MANY, SETTLED = 2_000, 100


def test_why_is_told_of_a_few_without_comparing_them_with_all_that_wait() -> None:
    announcement = make_announcement("everyone")
    users = User.objects.bulk_create(User(email=f"student{number}@campanile.test") for number in range(MANY))
    told = Notification.objects.bulk_create(
        Notification(
            user=user,
            announcement=announcement,
            category="announcements",
            kind="announcement",
            why=Notification.Why.RANG,
            expires_at=timezone.now() + timedelta(days=1),
        )
        for user in users
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE notifications_notification")
    Notification.objects.update(why=Notification.Why.WAITING)
    some = [each.pk for each in told[:SETTLED]]
    _without_hashes()
    found = steps(EXPLAIN, {"notifications": some, "whys": json.dumps(dict.fromkeys(map(str, some), "rang"))})
    assert _compared(found) <= SETTLED * SETTLED
    assert Notification.objects.filter(why=Notification.Why.RANG).count() == SETTLED


def test_what_is_due_is_sought_once_by_statistics_of_an_empty_outbox() -> None:
    _waiting_though_analysed_empty(3)
    found = steps(CLAIM, {"lease": 60, "batch": 10})
    assert [node["Actual Loops"] for node in found if node["Node Type"] == "LockRows"] == [1]
    assert Push.objects.filter(lease_until=None).count() == 0


def test_outcomes_of_a_few_are_written_without_comparing_them_with_all_that_wait() -> None:
    pushes = _waiting_though_analysed_empty(MANY)
    some = [push.pk for push in pushes[:SETTLED]]
    outcomes = [
        {"id": id, "status": "sent", "attempts": 0, "wait": 0, "name": "", "error": ""} for id in some
    ]
    _without_hashes()
    found = steps(WRITE, {"rows": json.dumps(outcomes), "pushes": some})
    assert _compared(found) <= SETTLED * SETTLED
    assert Push.objects.filter(status="sent").count() == SETTLED


def test_a_few_are_put_off_without_comparing_them_with_all_that_wait() -> None:
    pushes = _waiting_though_analysed_empty(MANY)
    some = [push.pk for push in pushes[:SETTLED]]
    until = timezone.now() + timedelta(hours=8)
    _without_hashes()
    found = steps(
        POSTPONE,
        {
            "near": 60,
            "pushes": some,
            "until": [until] * SETTLED,
            "summary_days": [None] * SETTLED,
        },
    )
    assert _compared(found) <= SETTLED * SETTLED
    assert Push.objects.filter(next_try_at=until).count() == SETTLED


def _without_hashes() -> None:
    """For so few rows they cost as much as comparing each with each, so that which of the two PostgreSQL takes would be chance."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off")


def _waiting_though_analysed_empty(count: int) -> list[Push]:
    make_audience(make_course(), count)
    later = timezone.now() + timedelta(days=1)
    pushes = [Push(device=device, expires_at=later) for device in Device.objects.all()]
    Push.objects.bulk_create(pushes)
    Push.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE notifications_push")
    return Push.objects.bulk_create(Push(device=push.device, expires_at=later) for push in pushes)


def _compared(found: list[Any]) -> int:
    return sum(node.get("Rows Removed by Join Filter", 0) * node["Actual Loops"] for node in found)
