import os
import re
import socket
from pathlib import Path

import pytest

from compose.local.environment import Record
from compose.local.refusal import Refusal
from compose.local.supervisor import Stop
from compose.local.system import only_one, running, whole_system


def test_a_taken_port_is_named_with_a_way_out(data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        environ = {"DATA_DIR": str(data_dir), "PORT": str(port)}
        with (
            pytest.raises(Refusal, match=rf"Port {port} is taken.*PORT={port + 1} make run"),
            whole_system(environ, Stop()),
        ):
            pass
    assert not (data_dir / "postgres").exists()


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "\uff18000"])
def test_a_port_that_is_none_is_refused(data_dir: Path, port: str) -> None:
    with (
        pytest.raises(Refusal, match="must be a number"),
        whole_system({"DATA_DIR": str(data_dir), "PORT": port}, Stop()),
    ):
        pass


def test_a_second_run_in_the_same_folder_is_refused_and_names_the_first(data_dir: Path) -> None:
    with only_one(data_dir):
        Record(pid=os.getpid(), url="http://127.0.0.1:8123", environ={}).write(data_dir)
        expected = re.escape(
            f"already running from {data_dir}: process {os.getpid()} and serves http://127.0.0.1:8123/"
        )
        with pytest.raises(Refusal, match=expected), only_one(data_dir):
            pass
    with only_one(data_dir):
        pass


def test_commands_beside_a_running_system_find_its_environment(data_dir: Path) -> None:
    environ = {"DATA_DIR": str(data_dir)}
    assert running(environ) is None
    with only_one(data_dir):
        record = Record(pid=os.getpid(), url="http://127.0.0.1:8123", environ={"REDIS_URL": "redis://here/0"})
        record.write(data_dir)
        assert running(environ) == record
        assert (data_dir / "run.json").stat().st_mode & 0o777 == 0o600
    assert running(environ) is None


def test_the_record_of_a_crashed_run_is_not_believed(data_dir: Path) -> None:
    data_dir.mkdir()
    Record(pid=1, url="http://127.0.0.1:8123", environ={}).write(data_dir)
    assert running({"DATA_DIR": str(data_dir)}) is None
    with only_one(data_dir):
        assert Record.read(data_dir) is None
