"""What would go wrong at midnight is said at start."""

from typing import Any

import pytest
from django.core.checks import run_checks
from pytest_django import Settings
from redis.backoff import NoBackoff
from redis.retry import Retry


def ids() -> set[str]:
    return {str(fault.id) for fault in run_checks() if str(fault.id).startswith("core.")}


def test_the_settings_as_they_are_pass() -> None:
    assert ids() == set()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"SOCKET_TIMEOUT": 5}, "core.E001"),
        ({"SOCKET_CONNECT_TIMEOUT": 0}, "core.E001"),
        ({"CONNECTION_POOL_KWARGS": {}}, "core.E002"),
        ({"CONNECTION_POOL_KWARGS": {"retry": Retry(NoBackoff(), 3)}}, "core.E002"),
    ],
)
def test_a_cache_that_could_hold_requests_up_is_named(
    settings: Settings, options: dict[str, Any], expected: str
) -> None:
    cache = settings.CACHES["bytes"]
    settings.CACHES = {
        **settings.CACHES,
        "bytes": {**cache, "OPTIONS": {**cache["OPTIONS"], **options}},
    }
    assert expected in ids()


def test_a_lane_that_leads_nowhere_is_named(settings: Settings) -> None:
    settings.READINESS_CHECKS = {}
    settings.WORKER_LANES = {"apply": "tests.core.lanes.busy"}
    assert "core.E003" not in ids()
    settings.WORKER_LANES = {"apply": "tests.core.lanes.nothing"}
    assert "core.E003" in ids()


def test_a_metrics_token_that_can_be_guessed_is_named(settings: Settings) -> None:
    settings.METRICS_TOKEN = "secret"
    assert "core.E004" in ids()
