"""/health/ says that the process lives, /health/ready/ whether it should get requests, and neither ever hangs."""

import threading
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import path
from pytest_django import Settings

from apps.core import health
from apps.core.models import LaneHeartbeat
from tests.core.conftest import Valkey

urlpatterns = [path("health/", health.alive), path("health/ready/", health.ready)]
client = Client()
hanging = threading.Event()


def hang() -> None:
    hanging.wait(30)


@pytest.fixture
def ready(settings: Settings) -> Iterator[None]:
    """Every check passes; the reverse is for the tests to bring about."""
    settings.ROOT_URLCONF = __name__
    hanging.clear()
    settings.WORKER_LANES = {"apply": "somewhere", "push": "somewhere"}
    for lane in settings.WORKER_LANES:
        LaneHeartbeat.objects.beat(lane)
    settings.READINESS_CHECKS = {
        name: f"apps.core.readiness.{name}" for name in ("database", "cache", "migrations", "workers")
    }
    yield
    hanging.set()


def answer(status: int) -> dict[str, Any]:
    response = client.get("/health/ready/")
    assert response.status_code == status
    assert response["Cache-Control"] == "no-store"
    envelope: dict[str, Any] = response.json()
    assert set(envelope) == {"status", "data", "message", "timestamp"}
    return envelope


@pytest.mark.urls(__name__)
def test_alive_is_told_in_an_envelope_without_asking_anybody() -> None:
    envelope = client.get("/health/").json()
    assert envelope["status"] == "ok"
    assert datetime.fromisoformat(envelope["timestamp"]).tzinfo is not None


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("ready", "valkey")
def test_ready_names_every_check() -> None:
    envelope = answer(200)
    assert envelope["status"] == "ok"
    assert {name: check["status"] for name, check in envelope["data"].items()} == dict.fromkeys(
        ("database", "cache", "migrations", "workers"), "ok"
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("ready")
def test_without_redis_it_is_degraded_not_unready(valkey: Valkey) -> None:
    valkey.freeze()
    started = time.monotonic()
    envelope = answer(200)
    assert time.monotonic() - started < 10
    valkey.thaw()
    assert envelope["status"] == envelope["data"]["cache"]["status"] == "degraded"
    assert "Redis" in envelope["data"]["cache"]["reason"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("ready", "valkey")
def test_a_lane_nobody_works_is_named() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_laneheartbeat SET seen_at = now() - interval '31 seconds' WHERE lane = 'push'"
        )
    check = answer(200)["data"]["workers"]
    assert check == {"status": "degraded", "reason": "no worker was seen for 30 s in: push"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("ready", "valkey")
def test_a_migration_not_applied_is_unready(monkeypatch: pytest.MonkeyPatch) -> None:
    # What it finds is asked here, not how fast: reading all migrations takes its time on a machine that is busy.
    monkeypatch.setattr(health, "PATIENCE_SECONDS", 60)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'core' RETURNING app, name, applied")
        rows = cursor.fetchall()
    try:
        check = answer(503)["data"]["migrations"]
        assert "core.0001_initial" in check["reason"]
    finally:
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, %s)", rows)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("ready", "valkey")
def test_a_database_that_refuses_is_unready(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    envelope = answer(503)
    assert envelope["status"] == "unavailable"
    assert envelope["data"]["database"]["status"] == "failed"


def left_behind() -> int:
    return sum(thread.name == "bounded-call" for thread in threading.enumerate())


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("ready", "valkey")
def test_a_check_that_hangs_is_left_behind_and_not_asked_twice(settings: Settings) -> None:
    settings.READINESS_CHECKS = {"database": f"{__name__}.hang"}
    before = left_behind()
    for _ in range(2):
        started = time.monotonic()
        assert "no answer" in answer(503)["data"]["database"]["reason"]
        assert time.monotonic() - started < 10
    assert left_behind() == before + 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("ready")
def test_a_check_that_does_not_exist_has_failed(settings: Settings) -> None:
    settings.READINESS_CHECKS = {"database": "apps.core.readiness.nothing"}
    assert answer(503)["data"]["database"]["status"] == "failed"
