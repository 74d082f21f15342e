"""/metrics adds what apps say of the database to its own counts, and answers when they cannot."""

import threading
import time
from collections.abc import Iterator

import pytest
from django.db import connection
from prometheus_client.core import GaugeMetricFamily, Metric
from pytest_django import Settings

from apps.core import metrics

hanging = threading.Event()
asked: list[str] = []


def bells() -> Iterator[Metric]:
    yield GaugeMetricFamily("test_bells", "Bells in the tower.", value=3)


def from_database() -> Iterator[Metric]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 5")
        (value,) = cursor.fetchone()
    yield GaugeMetricFamily("test_rows", "Rows.", value=value)


def broken() -> Iterator[Metric]:
    yield GaugeMetricFamily("test_half", "Half of it.", value=1)
    raise ZeroDivisionError


def hang() -> Iterator[Metric]:
    asked.append("hang")
    hanging.wait(30)
    return iter(())


@pytest.fixture
def collectors(settings: Settings) -> Iterator[dict[str, str]]:
    settings.METRICS_COLLECTORS = {}
    hanging.clear()
    yield settings.METRICS_COLLECTORS
    hanging.set()


def exposition() -> list[str]:
    return metrics.exposition().decode().splitlines()


def test_what_an_app_collects_stands_beside_our_counts(collectors: dict[str, str]) -> None:
    collectors["bells"] = f"{__name__}.bells"
    metrics.count(method="GET", status="200", served_by="hit", seconds=0.001)
    said = exposition()
    assert "test_bells 3.0" in said
    assert 'campanile_collector_up{collector="bells"} 1.0' in said
    assert any(line.startswith("campanile_request_seconds_count{") for line in said)


def test_one_that_fails_is_left_out_whole_and_the_others_answer(collectors: dict[str, str]) -> None:
    collectors |= {"broken": f"{__name__}.broken", "bells": f"{__name__}.bells"}
    said = exposition()
    assert "test_bells 3.0" in said
    assert 'campanile_collector_up{collector="broken"} 0.0' in said
    assert not any("test_half" in line for line in said)


def test_one_that_hangs_is_left_behind_and_not_asked_twice(
    collectors: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "PATIENCE_SECONDS", 0.1)
    asked.clear()
    collectors |= {"hang": f"{__name__}.hang", "bells": f"{__name__}.bells"}
    for _ in range(2):
        begun = time.monotonic()
        said = exposition()
        assert time.monotonic() - begun < 5
        assert "test_bells 3.0" in said
        assert 'campanile_collector_up{collector="hang"} 0.0' in said
    assert asked == ["hang"]


@pytest.mark.django_db(transaction=True)
def test_without_the_database_the_counts_are_still_told(
    collectors: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    collectors["rows"] = f"{__name__}.from_database"
    metrics.count(method="GET", status="200", served_by="django", seconds=0.001)
    assert "test_rows 5.0" in exposition()
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    said = exposition()
    assert 'campanile_collector_up{collector="rows"} 0.0' in said
    assert any(line.startswith("campanile_request_seconds_count{") for line in said)
