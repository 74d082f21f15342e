"""Workers side by side, and one that dies: each reminder is made once and rings once."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.notifications.delivery import send_due
from apps.notifications.models import Push, Reminder
from apps.notifications.preferences import change_preferences
from apps.notifications.reminders import plan_due
from apps.notifications.tomorrow import plan_tomorrow
from apps.users.models import User
from tests.factories.courses import follow, make_course, make_exam, make_user
from tests.factories.notifications import make_device
from tests.notifications.conftest import Phones
from tests.together import wait_until_waiting

pytestmark = pytest.mark.django_db(transaction=True)
USERS, WORKERS = 30, 4


def _exam_in(minutes: int, users: int) -> None:
    """For so many users, all of whom are to be reminded now, and of whom it is the eve now."""
    starts_at = datetime.now(UTC) + timedelta(minutes=minutes)
    sitting = {"starts_at": starts_at.isoformat(), "ends_at": (starts_at + timedelta(hours=2)).isoformat()}
    exam = make_exam(make_course(), sittings=[{**sitting, "rooms": [], "groups": []}])
    for number in range(users):
        user = make_user(f"student{number}", time_zone="UTC")
        follow(user, exam.course)
        make_device(user, f"phone{number}")
        with transaction.atomic():
            change_preferences(user_id=user.pk, changes={"reminder_minutes": 15})


def _at_once(work: Callable[[], object]) -> None:
    def run(_: int) -> None:
        try:
            work()
        finally:
            connection.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(run, range(WORKERS)))


def _turn() -> None:
    plan_due()
    while send_due():
        pass


def test_workers_side_by_side_remind_each_user_once(phones: Phones, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.notifications.delivery.BATCH", 5)
    _exam_in(minutes=15, users=USERS)
    _at_once(_turn)
    assert sorted(each["address"] for each in phones.messages()) == sorted(f"phone{n}" for n in range(USERS))
    assert Reminder.objects.count() == USERS


def test_workers_side_by_side_tell_each_user_of_tomorrow_once(phones: Phones) -> None:
    now = timezone.now()
    tomorrow = now.replace(hour=23, minute=59) + timedelta(days=1)
    _exam_in(minutes=int((tomorrow - now) / timedelta(minutes=1)), users=USERS)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE notifications_preferences SET tomorrow_hour = %s", [now.hour])

    def work() -> None:
        plan_tomorrow()
        while send_due():
            pass

    _at_once(work)
    assert sorted(each["address"] for each in phones.messages()) == sorted(f"phone{n}" for n in range(USERS))


def test_a_worker_killed_while_it_plans_leaves_nothing_half_done(phones: Phones) -> None:
    _exam_in(minutes=15, users=2)
    # A commit looks at the user's row, which is held here: the worker waits with all its rows made.
    with transaction.atomic():
        User.objects.select_for_update().get(email="student1@campanile.test")
        worker = _planner()
        try:
            wait_until_waiting(1)
        finally:
            worker.kill()
            worker.wait(timeout=30)
    _turn()
    _turn()
    assert sorted(each["address"] for each in phones.messages()) == ["phone0", "phone1"]
    assert (Reminder.objects.count(), Push.objects.count()) == (2, 2)


def _planner() -> "subprocess.Popen[bytes]":
    code = (
        "import django; django.setup()\n"
        "from django.conf import settings\n"
        f"settings.DATABASES['default']['NAME'] = {connection.settings_dict['NAME']!r}\n"
        "from apps.notifications.reminders import plan_due\n"
        "plan_due()\n"
    )
    environ = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    return subprocess.Popen([sys.executable, "-c", code], env=environ)


def test_one_that_waits_too_long_for_its_turn_is_not_sent(
    phones: Phones, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.notifications.pacing.FIRST_WINDOW", 1)
    monkeypatch.setattr("apps.notifications.delivery.FRESH_SECONDS", 60.0)
    _exam_in(minutes=15, users=2)
    plan_due()
    # Time enough for the first on a busy machine, and over before the second has its turn.
    late_by_now = timezone.now() - Push.objects.earliest("pk").next_try_at
    monkeypatch.setattr("apps.notifications.reminding.LATE", late_by_now + timedelta(seconds=8))
    phones.fail(status=200, delay=9, times=1)
    deadline = time.monotonic() + 60
    while Push.objects.filter(status="pending").exists():
        assert time.monotonic() < deadline
        send_due()
    assert len(phones.messages()) == 1
    assert set(Push.objects.values_list("status", flat=True)) == {"sent", "expired"}
