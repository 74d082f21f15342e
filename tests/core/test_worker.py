"""The worker: lanes do not disturb each other, recover by themselves, and end in order."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from apps.core.models import LaneHeartbeat
from apps.core.worker import FEW, Step, Worker, wake

Spawn = Callable[[str], tuple[subprocess.Popen[bytes], Callable[[], list[str]]]]
pytestmark = pytest.mark.django_db(transaction=True)


def until(condition: Callable[[], object], *, seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def run() -> Iterator[Callable[..., None]]:
    """Starts a worker in this process; it is stopped after the test."""
    started: list[tuple[Worker, threading.Thread]] = []

    def start(**steps: Step) -> None:
        worker = Worker(steps)
        thread = threading.Thread(target=worker.run)
        thread.start()
        started.append((worker, thread))

    yield start
    for worker, thread in started:
        worker.stop()
        thread.join()


def test_a_lane_may_be_left_to_wait_longer_than_the_others() -> None:
    looks = {"patient": 0, "usual": 0}

    def looking(name: str) -> Step:
        def step() -> int:
            looks[name] += 1
            return 0

        return step

    worker = Worker({name: looking(name) for name in looks}, idle={"patient": 3600})
    thread = threading.Thread(target=worker.run)
    thread.start()
    until(lambda: looks["usual"] >= 5)
    worker.stop()
    thread.join()
    assert looks["patient"] == 1


def test_a_lane_that_is_told_of_work_does_not_wait() -> None:
    looks = 0

    def step() -> int:
        nonlocal looks
        looks += 1
        return 0

    worker = Worker({"patient": step}, idle={"patient": 3600})
    thread = threading.Thread(target=worker.run)
    thread.start()
    until(lambda: looks == 1)
    wake("elsewhere")
    wake("patient")
    until(lambda: looks == 2)
    worker.stop()
    thread.join()
    wake("patient")
    assert looks == 2


def test_a_lane_that_gathers_lets_time_pass_between_two_steps_that_did_little() -> None:
    began: list[float] = []
    does = iter([1, 1, 1, FEW, FEW, 1])

    def step() -> int:
        began.append(time.monotonic())
        return next(does, 0)

    worker = Worker({"apply": step}, gather={"apply": 0.3})
    thread = threading.Thread(target=worker.run)
    thread.start()
    until(lambda: len(began) >= 7)
    worker.stop()
    thread.join()
    gaps = [later - earlier for earlier, later in pairwise(began)]
    assert min(gaps[:3]) > 0.29
    assert min(gaps[3:5]) < 0.29
    assert gaps[5] > 0.29


def test_a_lane_with_work_goes_on_at_once_and_an_idle_one_waits(run: Callable[..., None]) -> None:
    times: list[float] = []
    left = iter([1] * 20)

    def step() -> int:
        times.append(time.monotonic())
        return next(left, 0)

    run(apply=step)
    until(lambda: len(times) >= 25)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert sorted(gaps[1:20])[10] < 0.04
    assert 0.045 < min(gaps[21:24]) < 0.5


def test_a_faulty_lane_slows_down_and_disturbs_no_other(
    run: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    faults: list[float] = []
    done: list[float] = []

    def faulty() -> int:
        faults.append(time.monotonic())
        raise ZeroDivisionError("a bug in this lane")

    def sound() -> int:
        done.append(time.monotonic())
        return 0

    run(faulty=faulty, sound=sound)
    until(lambda: len(faults) == 4)
    assert len(done) > len(faults)
    gaps = [later - earlier for earlier, later in pairwise(faults)]
    assert gaps == sorted(gaps)
    assert gaps[2] > 0.3
    assert "ZeroDivisionError: a bug in this lane" in capsys.readouterr().err


def test_after_an_outage_of_the_database_a_lane_is_back_within_a_second(run: Callable[..., None]) -> None:
    times: list[float] = []
    away = threading.Event()
    away.set()

    def step() -> int:
        times.append(time.monotonic())
        if away.is_set():
            raise OperationalError("connection refused")
        return 0

    run(apply=step)
    until(lambda: len(times) >= 8)
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert min(pauses[4:7]) < 1.5, "these would be 1.6, 3.2 and 6.4 seconds if they went on growing"
    away.clear()
    count = len(times)
    until(lambda: len(times) > count)


def test_a_lane_whose_connection_was_cut_takes_a_new_one(run: Callable[..., None]) -> None:
    backends: list[int] = []

    def step() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            backends.append(cursor.fetchone()[0])
        return 0

    run(apply=step)
    until(lambda: backends)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [backends[0]])
    until(lambda: backends[-1] != backends[0])


def test_every_lane_beats(run: Callable[..., None]) -> None:
    run(apply=lambda: 0, push=lambda: 0)
    until(lambda: set(LaneHeartbeat.objects.values_list("lane", flat=True)) == {"apply", "push"})


@pytest.fixture
def spawn(tmp_path: Path) -> Iterator[Spawn]:
    """`manage.py worker` on the test database. Returns the process and what its lanes noted."""
    log = tmp_path / "lanes"
    processes: list[subprocess.Popen[bytes]] = []

    def start(lanes: str) -> tuple[subprocess.Popen[bytes], Callable[[], list[str]]]:
        parameters = connection.get_connection_params()
        names = ("host", "port", "user", "dbname", "password")
        url = " ".join(f"{name}={parameters[name]}" for name in names if parameters.get(name))
        process = subprocess.Popen(
            [sys.executable, "manage.py", "worker", f"--lanes={lanes}"],
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "tests.core.worker_settings",
                "DATABASE_URL": url,
                "LANES_LOG": str(log),
            },
        )
        processes.append(process)
        return process, lambda: log.read_text().splitlines() if log.exists() else []

    yield start
    for process in processes:
        process.kill()
        process.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_the_running_step_end_and_exits_0(spawn: Spawn, number: int) -> None:
    worker, noted = spawn("slow,busy")
    until(lambda: "slow begun" in noted())
    worker.send_signal(number)
    assert worker.wait(20) == 0
    assert noted().count("slow done") == noted().count("slow begun")


def test_a_step_that_never_ends_is_left_behind(spawn: Spawn) -> None:
    worker, noted = spawn("endless")
    until(lambda: "endless" in noted())
    worker.terminate()
    assert worker.wait(30) == 0


def test_a_lane_that_ends_by_itself_ends_the_worker_so_that_it_is_started_again(
    spawn: Spawn,
) -> None:
    worker, _ = spawn("busy,dying")
    assert worker.wait(40) == 1


def test_an_unknown_lane_is_named() -> None:
    with pytest.raises(CommandError, match="no such lane: dance"):
        call_command("worker", lanes="apply,dance")
