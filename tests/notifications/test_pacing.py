"""How fast a worker sends, by a clock that we set, and once for all by the real one."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from apps.notifications import pacing
from apps.notifications.delivery import send_due
from apps.notifications.models import Push
from apps.notifications.outcomes import Verdict
from apps.notifications.pacing import FIRST_WINDOW, LARGEST_WINDOW, Pace
from tests.notifications.conftest import Phones
from tests.notifications.test_pausing import queue


class Watch:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    watch = Watch()
    monkeypatch.setattr(pacing, "time", watch)
    return watch


def wide(per_second: int) -> Pace:
    """One whose window is as large as it gets."""
    pace = Pace(per_second)
    for _ in range(10_000):
        pace.answered(Verdict.SENT)
    return pace


def run(pace: Pace, watch: Watch, *, seconds: float, pause: Callable[[], float]) -> list[float]:
    """When what may start does, with pauses between the looks."""
    started: list[float] = []
    end = watch.seconds + seconds
    while watch.seconds < end:
        for _ in range(pace.room(0)):
            pace.started()
            started.append(watch.seconds)
        watch.seconds += pause()
    return started


def most_in_a_second(started: list[float]) -> int:
    first = most = 0
    for number, moment in enumerate(started):
        while started[first] <= moment - 1:
            first += 1
        most = max(most, number - first + 1)
    return most


@pytest.mark.parametrize("per_second", [1, 2, 19, 20, 300, 10_000])
@pytest.mark.parametrize("longest", [0.0005, 0.02, 3.0])
def test_in_no_second_more_are_started_than_may(watch: Watch, per_second: int, longest: float) -> None:
    chance = random.Random(per_second)
    started = run(wide(per_second), watch, seconds=6, pause=lambda: chance.uniform(1e-5, longest))
    assert started
    assert most_in_a_second(started) <= per_second


@pytest.mark.parametrize("per_second", [1, 20, 300, 10_000])
def test_almost_as_many_are_started_as_may(watch: Watch, per_second: int) -> None:
    started = run(wide(per_second), watch, seconds=10, pause=lambda: 0.005)
    assert len(started) >= 9 * per_second


def test_more_are_under_way_the_longer_fcm_takes_them(watch: Watch) -> None:
    pace = Pace(10_000)
    assert pace.room(0) == FIRST_WINDOW
    assert pace.room(FIRST_WINDOW) == 0
    for _ in range(50):
        pace.answered(Verdict.SENT)
    assert pace.room(0) == FIRST_WINDOW + 10
    for _ in range(100_000):
        pace.answered(Verdict.DEAD)
    assert pace.room(0) == LARGEST_WINDOW


@pytest.mark.parametrize(
    ("verdict", "left"),
    [
        (Verdict.PAUSE_ALL, FIRST_WINDOW),
        (Verdict.OPEN_CIRCUIT, FIRST_WINDOW),
        (Verdict.RETRY, LARGEST_WINDOW // 2),
        (Verdict.PAUSE_PLATFORM, LARGEST_WINDOW),
    ],
)
def test_a_refusal_makes_them_fewer(watch: Watch, verdict: Verdict, left: int) -> None:
    pace = wide(10_000)
    pace.answered(verdict)
    assert pace.room(0) == left


def test_after_a_batch_that_was_too_large_for_its_time_comes_a_smaller_one(watch: Watch) -> None:
    pace = Pace(10_000)
    assert pace.batch(1000) == 1000
    pace.batch_ended(started=40, late=True)
    assert pace.batch(1000) == 50
    pace.batch_ended(started=50, late=False)
    assert pace.batch(1000) == 100
    pace.batch_ended(started=0, late=True)
    assert pace.batch(1000) == FIRST_WINDOW


@pytest.mark.django_db
def test_the_lane_keeps_to_what_is_set(phones: Phones, settings: Any) -> None:
    settings.FCM_MAX_PER_SECOND = 20
    queue(45)
    while send_due():
        pass
    arrived = sorted(each.at for each in phones.server.store.messages())
    assert len(arrived) == Push.objects.filter(status="sent").count() == 45
    # 44 at 20 a second, less what the first may have been late.
    assert (arrived[-1] - arrived[0]).total_seconds() > 1.2
