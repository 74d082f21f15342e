import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.compose.local.conftest import ROOT

UNKNOWN = "nothing-like-this==1.0 --hash=sha256:" + "0" * 64


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "check out"
    (folder / "compose" / "local").mkdir(parents=True)
    (folder / "requirements").mkdir()
    (folder / "requirements" / "dev.txt").write_text("# nothing\n")
    shutil.copy(ROOT / "compose" / "local" / "bootstrap.py", folder / "compose" / "local")
    return folder


def bootstrap(checkout: Path, *arguments: str, **environ: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, checkout / "compose" / "local" / "bootstrap.py", *arguments],
        env={**os.environ, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def outcome(process: subprocess.Popen[str]) -> tuple[int, str]:
    output, _ = process.communicate(timeout=120)
    return process.returncode, output


def test_two_at_once_make_one_venv_and_later_runs_say_nothing(checkout: Path) -> None:
    where = ("-c", "import sys; print(sys.prefix)")
    both = [outcome(process) for process in [bootstrap(checkout, *where), bootstrap(checkout, *where)]]
    assert [code for code, _ in both] == [0, 0]
    assert sum("Preparing .venv" in output for _, output in both) == 1
    assert outcome(bootstrap(checkout, *where)) == (0, f"{checkout}/.venv\n")

    (checkout / ".venv" / "bin" / "python").unlink()  # as when the system's Python was replaced
    code, output = outcome(bootstrap(checkout, *where))
    assert (code, "Preparing .venv" in output) == (0, True)

    (checkout / "requirements" / "dev.txt").write_text("# changed\n")
    code, output = outcome(bootstrap(checkout, *where))
    assert (code, "Installing" in output, "Preparing .venv" in output) == (0, True, False)


def test_an_unreachable_index_is_named_and_the_next_run_tries_again(checkout: Path) -> None:
    (checkout / "requirements" / "dev.txt").write_text(UNKNOWN)
    nowhere = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_RETRIES": "0",
    }
    code, output = outcome(bootstrap(checkout, "-V", **nowhere, PIP_FIND_LINKS=""))
    assert code == 1
    assert "The package index could not be reached." in output
    (checkout / "requirements" / "dev.txt").write_text("# nothing\n")
    assert outcome(bootstrap(checkout, "-V"))[0] == 0


def test_an_interpreter_without_ensurepip_is_told_apart_from_an_old_one(
    checkout: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "ensurepip.py").write_text("raise ImportError\n")
    code, output = outcome(bootstrap(checkout, "-V", PYTHONPATH=str(broken), PATH=str(broken)))
    assert code == 1
    assert "lacks its venv or ensurepip module" in output
