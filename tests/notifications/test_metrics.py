"""The phones, as Prometheus sees them."""

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from apps.courses.models import ChangeSet
from apps.notifications import metrics
from apps.notifications.delivery import send_due
from apps.notifications.holds import reject
from apps.notifications.models import FanOut, Hold, Pause, Preferences, Push, Reminder
from apps.notifications.outbox import expand_due
from apps.notifications.pauses import pause
from apps.notifications.punctuality import rung_lately
from apps.users.models import User
from tests.factories.courses import change, days_ahead, follow, make_course, make_entry, make_user, record
from tests.factories.notifications import make_device
from tests.notifications.conftest import Phones

pytestmark = pytest.mark.django_db
# Seconds that a busy machine may take from one line to the next.
LOADED = 50


def told() -> dict[str, dict[tuple[str, ...], float]]:
    return {
        metric.name: {tuple(sample.labels.values()): sample.value for sample in metric.samples}
        for metric in metrics.from_database()
    }


def outcomes() -> dict[str, float]:
    return {outcome: number for (outcome,), number in told()["campanile_pushes"].items() if number}


@pytest.fixture
def entry() -> Any:
    """What three follow, each with a phone."""
    entry = make_entry(make_course())
    for name in ("alice", "bob", "carol"):
        user = make_user(name)
        follow(user, entry.course)
        make_device(user, name)
    return entry


def queue(entry: Any, days: int = 7) -> None:
    record(change(entry, "rooms", ["A"], ["B"], dates=days_ahead(days)))
    expand_due()


def test_before_anything_was_sent_every_outcome_is_nought() -> None:
    assert told()["campanile_pushes"] == {(each,): 0 for each in metrics.OUTCOMES}


def test_every_try_is_counted_by_how_it_ended(phones: Phones, entry: Any) -> None:
    queue(entry)
    phones.fail(address="alice", status=500)
    phones.fail(address="bob", status=404, error_code="UNREGISTERED")
    send_due()
    assert outcomes() == {"sent": 1, "retried": 1, "retired": 1}
    Push.objects.update(next_try_at=Now())
    phones.fail(address="alice", status=400, error_code="INVALID_ARGUMENT", fields=["message.data"])
    send_due()
    assert outcomes() == {"sent": 1, "retried": 1, "retired": 1, "dead": 1}


def test_what_expires_or_is_wanted_no_more_is_counted_and_what_a_quota_puts_off_is_no_retry(
    phones: Phones, entry: Any
) -> None:
    queue(entry)
    Push.objects.filter(device__address="alice").update(expires_at=Now())
    Push.objects.get(device__address="bob").device.user.enrolments.all().delete()
    phones.fail(status=429)
    send_due()
    assert outcomes() == {"expired": 1, "cancelled": 1, "put-off": 1}


def test_what_another_worker_settled_is_not_counted_twice(phones: Phones, entry: Any) -> None:
    queue(entry)
    send_due()
    assert outcomes() == {"sent": 3}
    assert send_due() == 0
    assert outcomes() == {"sent": 3}


def test_the_time_from_a_change_to_fcms_answer_is_told_by_quantiles(phones: Phones, entry: Any) -> None:
    assert told()["campanile_push_seconds"] == {}
    for days, minutes in ((7, 1), (1, 2), (7, 10)):
        entry = make_entry(entry.course, starts_at="00:00", ends_at="00:45")
        queue(entry, days)
        ChangeSet.objects.filter(revision=FanOut.objects.latest("pk").pk).update(
            recorded_at=Now() - timedelta(minutes=minutes)
        )
    send_due()
    Hold.objects.create(fan_out=FanOut.objects.latest("pk"), phones=3)
    seconds = told()["campanile_push_seconds"]
    assert 60 <= seconds["normal", "1.0"] < 60 + LOADED
    assert 120 <= seconds["high", "0.5"] < 120 + LOADED
    Push.objects.update(settled_at=Now() - timedelta(minutes=6))
    assert told()["campanile_push_seconds"] == {}


def remind(name: str, *, late: timedelta, minutes: int = 15, **choices: Any) -> User:
    """Somebody whose phone rang so long after it was to."""
    user = make_user(name, time_zone="UTC")
    Preferences.objects.create(user=user, reminder_minutes=minutes, **choices)
    begins_at = timezone.now() + timedelta(minutes=minutes) - late
    reminder = Reminder.objects.create(user=user, kind="class", subject=uuid.uuid4(), begins_at=begins_at)
    device = make_device(user, name)
    Push.objects.create(
        reminder=reminder,
        device=device,
        high_priority=True,
        expires_at=begins_at,
        status="sent",
        settled_at=Now(),
    )
    return user


def test_how_late_reminders_rang_is_told_by_quantiles() -> None:
    assert told()["campanile_reminder_late_seconds"] == {}
    for name, seconds in (("alice", 1), ("bob", 2), ("carol", 60)):
        remind(name, late=timedelta(seconds=seconds))
    late = told()["campanile_reminder_late_seconds"]
    assert 2 <= late["class", "0.5"] < 2 + LOADED
    assert 60 <= late["class", "0.95"] <= late["class", "1.0"] < 60 + LOADED
    Push.objects.update(settled_at=Now() - timedelta(minutes=6))
    assert told()["campanile_reminder_late_seconds"] == {}


def test_what_quiet_hours_put_off_is_late_from_when_they_end() -> None:
    ended = (timezone.now() - timedelta(seconds=5)).replace(microsecond=0)
    hours = {"quiet_from": (ended - timedelta(minutes=30)).time(), "quiet_to": ended.time()}
    remind("alice", late=timedelta(minutes=10), minutes=60, **hours)
    assert 5 <= told()["campanile_reminder_late_seconds"]["class", "1.0"] < 6 + LOADED


@pytest.mark.parametrize("minutes", [None, 5, 60])
def test_who_has_chosen_otherwise_since_it_rang_says_nothing_of_our_speed(minutes: int | None) -> None:
    remind("alice", late=timedelta(seconds=1))
    Preferences.objects.update(reminder_minutes=minutes)
    assert told()["campanile_reminder_late_seconds"] == {}


def test_how_long_each_queue_has_been_due_is_told(entry: Any) -> None:
    assert told()["campanile_lane_overdue_seconds"] == {("fan-out",): 0, ("push",): 0}
    queue(entry)
    Push.objects.update(next_try_at=Now() + timedelta(minutes=1))
    assert told()["campanile_lane_overdue_seconds"]["push",] == 0
    Push.objects.filter(device__address="bob").update(next_try_at=Now() - timedelta(minutes=3))
    record(change(entry, "rooms", ["B"], ["C"], dates=days_ahead(7)))
    FanOut.objects.update(due_at=Now() - timedelta(minutes=2))
    overdue = told()["campanile_lane_overdue_seconds"]
    assert 120 <= overdue["fan-out",] < 150
    assert 180 <= overdue["push",] < 210


def test_pauses_are_told_while_they_last() -> None:
    pause(scope="ios", wait=timedelta(minutes=5), why="401 THIRD_PARTY_AUTH_ERROR")
    paused = told()["campanile_push_paused"]
    assert paused == {("everything",): 0, ("android",): 0, ("ios",): 1, ("web",): 0}
    Pause.objects.update(until=Now())
    assert not any(told()["campanile_push_paused"].values())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("scope", "said"), [("everything", "no phone is"), ("ios", "no ios phone is")])
def test_a_pause_degrades_readiness_but_keeps_the_doors_open(settings: Any, scope: str, said: str) -> None:
    settings.READINESS_CHECKS = {"phones": settings.READINESS_CHECKS["phones"]}
    assert Client().get("/health/ready/").json()["status"] == "ok"
    pause(scope=scope, wait=timedelta(minutes=5), why="a secret of the project")
    answer = Client().get("/health/ready/")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["data"]["phones"]["reason"].startswith(said)
    assert "secret" not in answer.content.decode()


def test_asking_looks_at_indexes_only() -> None:
    """With sequential scans forbidden, none of what is asked needs one."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        asked: list[tuple[str, list[Any]]] = [(metrics._SECONDS, [[0.5]]), (metrics._OVERDUE, [])]
        for statement, parameters in asked:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
            plan = json.dumps(cursor.fetchone()[0])
            assert "Seq Scan" not in plan
        assert "Seq Scan" not in rung_lately().explain()


def test_what_staff_reject_is_counted_as_cancelled(entry: Any, settings: Any) -> None:
    settings.RING_LIMIT = 0
    queue(entry)
    reject(revision=Hold.objects.get().pk, user=make_user("staff"))
    assert outcomes() == {"cancelled": 3}
