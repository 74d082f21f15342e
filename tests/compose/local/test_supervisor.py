import os
import signal
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest

from compose.local.program import Program
from compose.local.supervisor import Stop, Supervisor, stop_on_signals
from tests.compose.local.conftest import Launcher, is_alive, wait_until

SLEEPER = "import os, time; open({pids!r}, 'a').write(f'{{os.getpid()}}\\n'); time.sleep(600)"
STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
grandchild = subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)"])
open({pids!r}, "a").write(f"{{os.getpid()}}\\n{{grandchild.pid}}\\n")
time.sleep(600)
"""
SUPERVISE = """
import signal, sys
from pathlib import Path
from compose.local.program import Program
from compose.local.supervisor import Supervisor, stop_on_signals
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whatever the tests were started under, such as nohup
run_dir, *codes = sys.argv[1:]
with stop_on_signals() as stop, Supervisor(Path(run_dir), stop) as supervisor:
    supervisor.start(Program(name=f"p{n}", argv=[sys.executable, "-c", code], grace=0.5) for n, code in enumerate(codes))
    print("supervising", flush=True)
    supervisor.keep()
"""


def python(name: str, code: str) -> Program:
    return Program(name=name, argv=[sys.executable, "-c", code], grace=0.5)


def pids_in(path: Path) -> list[int]:
    return [int(line) for line in path.read_text().split()] if path.exists() else []


@pytest.fixture
def supervisor(tmp_path: Path) -> Supervisor:
    return Supervisor(tmp_path / "run", Stop())


def test_a_killed_child_is_started_again(supervisor: Supervisor, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    with supervisor:
        supervisor.start([python("sleeper", SLEEPER.format(pids=str(pids)))])
        wait_until(lambda: len(pids_in(pids)) == 1)
        os.kill(pids_in(pids)[0], signal.SIGKILL)

        def again() -> bool:
            supervisor.tick()
            return len(pids_in(pids)) == 2

        wait_until(again)
    assert not any(map(is_alive, pids_in(pids)))


def test_a_child_that_keeps_dying_is_started_less_often_but_never_given_up(
    supervisor: Supervisor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    starts: list[float] = []
    program = Program(
        name="hasty", argv=[sys.executable, "-c", ""], prepare=lambda: starts.append(time.monotonic())
    )
    with supervisor:
        supervisor.start([program])

        def five_starts() -> bool:
            supervisor.tick()
            return len(starts) == 5

        wait_until(five_starts)
    pauses = [after - before for before, after in pairwise(starts)]
    assert pauses[-1] > 1.5
    assert max(pauses) < 5


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_all_and_leaves_no_process(
    launch: Launcher, tmp_path: Path, number: signal.Signals
) -> None:
    pids = tmp_path / "pids"
    launcher = launch(
        SUPERVISE, tmp_path / "run", SLEEPER.format(pids=str(pids)), STUBBORN.format(pids=str(pids))
    )
    wait_until(lambda: len(pids_in(pids)) == 3)
    launcher.send_signal(number)
    assert launcher.wait(timeout=20) == 0
    assert not any(map(is_alive, pids_in(pids)))


@pytest.mark.timeout(60)
def test_a_child_whose_lock_was_removed_is_stopped_all_the_same(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    pids = tmp_path / "pids"
    with supervisor:
        supervisor.start([python("stubborn", STUBBORN.format(pids=str(pids)))])
        wait_until(lambda: len(pids_in(pids)) == 2)
        (supervisor.run_dir / "stubborn.lock").unlink()
    wait_until(lambda: not any(map(is_alive, pids_in(pids))))


def test_what_a_killed_supervisor_left_is_ended_by_the_next(
    launch: Launcher, supervisor: Supervisor, tmp_path: Path
) -> None:
    pids = tmp_path / "pids"
    code = STUBBORN.format(pids=str(pids))
    launcher = launch(SUPERVISE, tmp_path / "run", code)
    wait_until(lambda: len(pids_in(pids)) == 2)
    launcher.kill()
    launcher.wait()
    left = pids_in(pids)
    assert all(map(is_alive, left))
    with supervisor:
        supervisor.start([python("p0", "import time; time.sleep(600)")])
        assert not any(map(is_alive, left))


def test_lines_carry_the_name_of_their_speaker(
    supervisor: Supervisor, capsys: pytest.CaptureFixture[str]
) -> None:
    assert supervisor.run(python("herald", "print('Čuj!'); import sys; sys.exit(3)")) == 3
    seen: list[str] = []

    def heard() -> bool:
        seen.append(capsys.readouterr().out)
        return "   herald | Čuj!\n" in "".join(seen)

    wait_until(heard)


def test_a_program_under_way_ends_when_told_to_stop(supervisor: Supervisor) -> None:
    threading.Timer(0.3, supervisor.stop.set).start()
    assert supervisor.run(python("endless", "import time; time.sleep(600)")) is None


def test_a_child_does_not_see_the_terminals_signals(launch: Launcher, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    launch(SUPERVISE, tmp_path / "run", SLEEPER.format(pids=str(pids)))
    wait_until(lambda: pids_in(pids))
    pid = pids_in(pids)[0]
    assert os.getsid(pid) == pid != os.getsid(0)


def test_a_signal_is_heard_whatever_the_waiting_thread_is_at() -> None:
    """A handler that took a lock which the waiting thread holds would hang here sooner or later."""
    for _ in range(2_000):
        with stop_on_signals() as stop:
            before = signal.signal(signal.SIGALRM, lambda *_: stop.set("SIGALRM"))
            signal.setitimer(signal.ITIMER_REAL, 0.0002)
            try:
                while not stop.wait(0.00005):
                    assert not stop.is_set() or stop.wait(0)
            finally:
                signal.signal(signal.SIGALRM, before)
