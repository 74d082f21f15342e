"""The schedule lane: each job when it is due, by one worker of however many."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from pytest_django import Settings

from apps.core.models import ScheduledJob
from apps.core.schedule import run_due

ran: list[str] = []
left = {"work": 0}


def job() -> int:
    ran.append("job")
    return 0


def faulty() -> int:
    ran.append("faulty")
    raise ZeroDivisionError


def in_batches() -> int:
    ran.append("batch")
    left["work"] -= 1
    return int(left["work"] > 0)


@pytest.fixture
def schedule(settings: Settings) -> dict[str, timedelta]:
    ran.clear()
    jobs: dict[str, timedelta] = {}
    settings.SCHEDULE = jobs
    return jobs


def make_due() -> None:
    ScheduledJob.objects.update(due_at=Now() - timedelta(seconds=1))


@pytest.mark.django_db
def test_a_job_runs_at_once_and_then_when_it_is_due(schedule: dict[str, timedelta]) -> None:
    schedule[f"{__name__}.job"] = timedelta(minutes=1)
    for _ in range(3):
        run_due()
    assert ran == ["job"]
    make_due()
    run_due()
    assert ran == ["job", "job"]


@pytest.mark.django_db
def test_a_job_that_has_more_to_do_goes_on_at_once(schedule: dict[str, timedelta]) -> None:
    schedule[f"{__name__}.in_batches"] = timedelta(minutes=1)
    left["work"] = 4
    while run_due():
        pass
    run_due()
    assert ran == ["batch"] * 4


@pytest.mark.django_db
def test_one_that_fails_waits_its_time_and_the_others_run(schedule: dict[str, timedelta]) -> None:
    schedule |= {f"{__name__}.faulty": timedelta(minutes=1), f"{__name__}.job": timedelta(minutes=1)}
    with pytest.raises(ZeroDivisionError):
        run_due()
    run_due()
    assert ran == ["faulty", "job"]
    run_due()
    assert ran == ["faulty", "job"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("known", [True, False])
def test_of_many_workers_one_runs_it(schedule: dict[str, timedelta], known: bool) -> None:
    schedule[f"{__name__}.job"] = timedelta(minutes=1)
    if known:
        run_due()
        make_due()
        ran.clear()
    start = threading.Barrier(8)

    def work() -> None:
        try:
            start.wait()
            run_due()
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ran == ["job"]
