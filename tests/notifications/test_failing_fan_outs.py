"""A change set that cannot be told is tried a few times and set aside with its traceback, while others are told."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.utils import timezone

from apps.notifications import expansion, folding
from apps.notifications.models import FanOut, Notification
from apps.notifications.outbox import MOST_ATTEMPTS, expand_due
from apps.users.models import User
from tests.courses.admin_pages import signed_in, url_of
from tests.factories.courses import change, days_ahead, follow, make_course, make_entry, make_user, record

LIST = "/admin/notifications/fanout/"
BUTTON = "notifications_fanout_try_this_again"


def followed(title: str) -> Any:
    entry = make_entry(make_course(title), rooms=["A"])
    follow(make_user(title.lower()), entry.course)
    record(change(entry, "rooms", ["A"], ["B"], dates=days_ahead(5)))
    return entry


def let_time_pass() -> None:
    FanOut.objects.filter(expanded_at=None).update(due_at=timezone.now())


@pytest.fixture
def faulty(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[FanOut]:
    """The first of all raises, the second is as it should be."""
    followed("Algorithms")
    followed("Databases")
    first = FanOut.objects.earliest("pk")
    real = folding.fold

    def fold(revisions: Sequence[int]) -> Any:
        if first.pk in revisions:
            raise ZeroDivisionError("a bug in folding")
        return real(revisions)

    monkeypatch.setattr(expansion, "fold", fold)
    yield first
    monkeypatch.undo()


def test_others_are_told_meanwhile(faulty: FanOut) -> None:
    assert [expand_due() for _ in range(2)] == [2, 0]
    assert Notification.objects.get().user.first_name == "Databases"
    faulty.refresh_from_db()
    assert (faulty.attempts, faulty.dead_at) == (1, None)
    assert "a bug in folding" in faulty.error


def test_after_some_attempts_it_is_dead_with_its_traceback_and_staff_may_try_again(
    faulty: FanOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    staff = signed_in(User.objects.create_superuser("staff@example.org"))
    for _ in range(MOST_ATTEMPTS + 2):
        let_time_pass()
        expand_due()
        expand_due()
    faulty.refresh_from_db()
    assert (faulty.attempts, faulty.dead_at is None) == (MOST_ATTEMPTS, False)
    page = staff.get(url_of(faulty)).content.decode()
    assert "ZeroDivisionError: a bug in folding" in page
    assert "Try again" in page

    monkeypatch.undo()
    answer = staff.post(url_of(faulty), {BUTTON: ""}, follow=True)
    assert "Waiting to be tried again: 1." in answer.content.decode()
    assert expand_due() == 1
    faulty.refresh_from_db()
    assert (faulty.attempts, faulty.error, faulty.expanded_at is None) == (1, "", False)
    assert "Try again" not in staff.get(url_of(faulty)).content.decode()


def test_several_are_tried_again_from_the_list(db: None) -> None:
    followed("Algorithms")
    followed("Databases")
    FanOut.objects.update(dead_at=timezone.now(), attempts=MOST_ATTEMPTS)
    chosen = {"action": "try_again", "_selected_action": [each.pk for each in FanOut.objects.all()]}
    signed_in(User.objects.create_superuser("staff@example.org")).post(LIST, chosen)
    assert [expand_due() for _ in range(2)] == [2, 0]


def test_whoever_may_only_look_tries_nothing_again(db: None) -> None:
    followed("Algorithms")
    FanOut.objects.update(dead_at=timezone.now(), attempts=MOST_ATTEMPTS)
    dora = User.objects.create_user("dora@example.org", is_staff=True)
    assert signed_in(dora).post(url_of(FanOut.objects.get()), {BUTTON: ""}).status_code == 403
    assert _try_with("view_fanout").status_code == 403
    assert FanOut.objects.get().dead_at
    assert _try_with("change_fanout").status_code == 302
    assert not FanOut.objects.get().dead_at


def _try_with(permission: str) -> Any:
    user = User.objects.create_user(f"{permission}@example.org", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename=permission))
    client: Client = signed_in(user)
    return client.post(url_of(FanOut.objects.get()), {BUTTON: ""})


@pytest.mark.django_db(transaction=True)
def test_one_that_kills_the_process_finds_its_attempt_counted() -> None:
    followed("Algorithms")
    followed("Databases")
    assert _killed() == 9
    killer, other = FanOut.objects.order_by("pk")
    assert (killer.attempts, other.attempts, killer.expanded_at) == (1, 1, None), "they went together"
    assert min(killer.due_at, other.due_at) > timezone.now(), "what comes meanwhile goes first"
    FanOut.objects.filter(pk=other.pk).update(due_at=timezone.now())
    assert expand_due() == 1
    assert Notification.objects.get().user.first_name == "Databases"

    FanOut.objects.filter(pk=killer.pk).update(attempts=MOST_ATTEMPTS - 1, due_at=timezone.now())
    assert _killed() == 9
    FanOut.objects.filter(pk=killer.pk).update(due_at=timezone.now() - timedelta(seconds=1))
    assert [expand_due(), expand_due()] == [1, 0]
    killer.refresh_from_db()
    assert (killer.attempts, killer.dead_at is None) == (MOST_ATTEMPTS, False)
    assert killer.error == f"The process died in attempt {MOST_ATTEMPTS}."


def _killed() -> int:
    """How a worker ended that died in the middle of expanding."""
    code = (
        "import django, os; django.setup()\n"
        "from django.conf import settings\n"
        f"settings.DATABASES['default']['NAME'] = {connection.settings_dict['NAME']!r}\n"
        "from apps.notifications import expansion, outbox\n"
        "expansion.fold = lambda revisions: os._exit(9)\n"
        "outbox.expand_due()\n"
    )
    environ = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    return subprocess.run([sys.executable, "-c", code], env=environ, timeout=120, check=False).returncode
