import os
import shutil
import signal
import socket
import stat
import sys
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
import redis

from compose.local import ports
from compose.local.refusal import Refusal
from compose.local.services import embedded_services
from tests.compose.local.conftest import Launcher, is_alive, wait_until

HOLD = """
import sys, time
from pathlib import Path
from compose.local import child
from compose.local.services import embedded_services
if sys.argv[2] == "nothing ends with us":
    child._ending_with_us = lambda signal: []
with embedded_services(Path(sys.argv[1]), durable=False) as services:
    pids = [child.process.pid for child in services.children]
    print(*pids, services.database_url, flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def nothing_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)


def modes_above(path: Path) -> dict[Path, int]:
    return {parent: stat.S_IMODE(parent.stat().st_mode) for parent in path.parents}


def test_both_servers_answer_and_end_with_the_block(data_dir: Path) -> None:
    with embedded_services(data_dir, durable=False) as services:
        with psycopg.connect(services.database_url) as connection:
            assert connection.execute("SELECT lower('ČЖ'), current_database()").fetchone() == (
                "čж",
                "campanile",
            )
        with redis.Redis.from_url(services.redis_url) as client:
            assert client.config_get("maxmemory")["maxmemory"] == str(64 * 1024 * 1024)
        pids = [child.process.pid for child in services.children if child.process]
    assert len(pids) == 2
    assert not any(map(is_alive, pids))


def test_data_secrets_and_ports_stay_between_runs(data_dir: Path) -> None:
    with (
        embedded_services(data_dir, durable=True) as first,
        psycopg.connect(first.database_url) as connection,
    ):
        connection.execute("CREATE TABLE bell (name text)")
    with (
        embedded_services(data_dir, durable=True) as second,
        psycopg.connect(second.database_url) as connection,
    ):
        assert connection.execute("SELECT count(*) FROM bell").fetchone() == (0,)
    assert (second.database_url, second.redis_url) == (first.database_url, first.redis_url)


def test_no_folder_above_changes_its_permissions(data_dir: Path) -> None:
    before = modes_above(data_dir)
    with embedded_services(data_dir, durable=False):
        assert modes_above(data_dir) == before
    for name in ("postgres", "valkey"):
        assert stat.S_IMODE((data_dir / name).stat().st_mode) == 0o700
        assert stat.S_IMODE((data_dir / name / "password").stat().st_mode) == 0o600


def test_strangers_without_the_password_are_turned_away(data_dir: Path) -> None:
    with embedded_services(data_dir, durable=False) as services:
        address = services.database_url.rpartition("@")[2]
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(f"postgresql://campanile:guess@{address}")
        with pytest.raises(redis.AuthenticationError):
            redis.Redis.from_url(f"redis://{services.redis_url.rpartition('@')[2]}").ping()


@pytest.mark.parametrize("leftovers", ["end with us", "nothing ends with us"])
def test_servers_whose_launcher_was_killed_are_replaced(
    data_dir: Path, launch: Launcher, leftovers: str
) -> None:
    launcher = launch(HOLD, data_dir, leftovers)
    assert launcher.stdout is not None
    words = launcher.stdout.readline().split()
    pids = [int(word) for word in words[:2]]
    launcher.kill()
    launcher.wait()
    if leftovers == "nothing ends with us":
        assert all(map(is_alive, pids))
    elif sys.platform == "linux" and shutil.which("setpriv"):
        wait_until(lambda: not any(map(is_alive, pids)))
    with (
        embedded_services(data_dir, durable=False) as services,
        psycopg.connect(services.database_url) as connection,
    ):
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert not any(map(is_alive, pids))


def test_a_stale_pid_that_now_belongs_to_a_stranger_is_left_alone(data_dir: Path, launch: Launcher) -> None:
    launcher = launch(HOLD, data_dir, "end with us")
    assert launcher.stdout is not None
    pids = [int(word) for word in launcher.stdout.readline().split()[:2]]
    for pid in [*pids, launcher.pid]:
        os.kill(pid, signal.SIGKILL)
    launcher.wait()
    wait_until(lambda: not any(map(is_alive, pids)))
    stranger = launch("import time; print(flush=True); time.sleep(600)")
    pid_file = data_dir / "postgres" / "data" / "postmaster.pid"
    pid_file.write_text(pid_file.read_text().replace(str(pids[0]), str(stranger.pid), 1))
    (data_dir / "run" / "postgres.lock").write_text(str(stranger.pid))
    with embedded_services(data_dir, durable=False) as services:
        psycopg.connect(services.database_url).close()
    assert is_alive(stranger.pid)


@pytest.mark.parametrize("name", ["postgres", "valkey"])
def test_a_port_lost_at_the_last_moment_is_replaced(data_dir: Path, name: str) -> None:
    with ExitStack() as stack:

        def lose(path: Path) -> int:
            """Finds a free port as ever, but somebody else is quicker to use it."""
            port = remembered(path)
            if path.parent.name == name and not taken:
                taken.append(stack.enter_context(socket.create_server((ports.LOOPBACK, port))))
            return port

        remembered, taken = ports.remembered, list[socket.socket]()
        stack.enter_context(pytest.MonkeyPatch.context()).setattr(ports, "remembered", lose)
        services = stack.enter_context(embedded_services(data_dir, durable=False))
        lost = taken[0].getsockname()[1]
        assert f":{lost}/" not in services.database_url + services.redis_url
        psycopg.connect(services.database_url).close()
        redis.Redis.from_url(services.redis_url).ping()


def test_an_interrupted_initdb_is_begun_anew(data_dir: Path) -> None:
    with embedded_services(data_dir, durable=False):
        pass
    folder = data_dir / "postgres"
    (folder / "data").rename(folder / "data.unfinished")
    with (
        embedded_services(data_dir, durable=False) as services,
        psycopg.connect(services.database_url) as database,
    ):
        assert database.execute("SELECT 1").fetchone() == (1,)


def test_servers_named_by_the_environment_are_used_and_none_is_started(data_dir: Path) -> None:
    environ = {"DATABASE_URL": "postgresql://elsewhere/db", "REDIS_URL": "redis://elsewhere/0"}
    with embedded_services(data_dir, durable=True, environ=environ) as services:
        assert (services.database_url, services.redis_url) == (
            "postgresql://elsewhere/db",
            "redis://elsewhere/0",
        )
        assert services.children == ()
    assert not data_dir.exists()


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL"])
def test_one_server_without_the_other_is_refused(data_dir: Path, name: str) -> None:
    with (
        pytest.raises(Refusal, match=f"{name} is set but"),
        embedded_services(data_dir, durable=True, environ={name: "x://elsewhere/0"}),
    ):
        pass


def test_a_folder_with_files_of_somebody_else_is_left_alone(data_dir: Path) -> None:
    (data_dir / "postgres").mkdir(parents=True)
    (data_dir / "postgres" / "thesis.txt").write_text("mine")
    before = (data_dir / "postgres").stat()
    if os.geteuid() == 0:
        with (
            pytest.raises(Refusal, match="files that are not ours"),
            embedded_services(data_dir, durable=True),
        ):
            pass
    else:
        with embedded_services(data_dir, durable=True):
            pass
    after = (data_dir / "postgres").stat()
    assert (after.st_uid, after.st_mode) == (before.st_uid, before.st_mode)
    assert (data_dir / "postgres" / "thesis.txt").read_text() == "mine"
