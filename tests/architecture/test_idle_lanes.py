"""What a worker costs that has nothing to do, which is most of its life."""

import pytest
from django.conf import settings as configured
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.module_loading import import_string
from pytest_django import Settings

from apps.notifications import sender

ALL_THE_TIME = [lane for lane in configured.WORKER_LANES if configured.WORKER_IDLE_SECONDS.get(lane, 0) < 0.5]


@pytest.fixture(autouse=True)
def _fcm(settings: Settings) -> None:
    settings.FCM_EMULATOR_HOST = "127.0.0.1:9"
    sender.forget()


@pytest.mark.django_db
@pytest.mark.parametrize("lane", ALL_THE_TIME)
def test_a_lane_that_looks_several_times_a_second_asks_one_question_that_is_planned_already(
    lane: str,
) -> None:
    step = import_string(configured.WORKER_LANES[lane])
    assert step() == 0
    planned = _plans()
    with CaptureQueriesContext(connection) as queries:
        assert step() == 0
    assert len(queries) == 1
    assert _plans() == planned + 1


def _plans() -> int:
    """How often this connection has used a prepared statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(generic_plans + custom_plans), 0)::int FROM pg_prepared_statements"
        )
        (number,) = cursor.fetchone()
    return int(number)
