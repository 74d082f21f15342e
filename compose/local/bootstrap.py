"""Makes .venv fit for the checkout, then runs its python with the arguments given: bootstrap.py -m pytest

Standard library only, and written so that even Python 3.6 can read it: an old one must be able to say that it is old.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
REQUIREMENTS = ROOT / "requirements" / "dev.txt"
VENV = ROOT / ".venv"
PYTHON = str(VENV / "bin" / "python")
STAMP = VENV / "installed"
PIP_LOG = VENV / "pip.log"
CANDIDATES = ("python3.13", "python3.12", "python3.11")
FIT = "import sys; assert sys.version_info >= (3, 11); import "
UNREACHABLE = ("NewConnectionError", "ConnectTimeout", "ReadTimeout", "NameResolutionError", "ProxyError")


def main() -> None:
    if not is_prepared():
        with REQUIREMENTS.open("rb") as lock:
            # Any file that is sure to be there would do: it keeps a second `make` waiting.
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("Another make is preparing .venv; waiting for it ...")
                fcntl.flock(lock, fcntl.LOCK_EX)
            if not is_prepared():
                prepare()
    os.chdir(str(ROOT))
    os.execv(PYTHON, [PYTHON, *sys.argv[1:]])  # noqa: S606  # no shell is wanted


def is_prepared() -> bool:
    return read(STAMP) == wanted() and works(PYTHON, "encodings")


def prepare() -> None:
    was_whole = STAMP.exists()
    remove(STAMP)  # from here until the end, .venv is half made
    if not works(PYTHON, "pip"):
        python = find_python()
        say("Preparing .venv, which is done once and takes a minute or two ...")
        if subprocess.call([python, "-m", "venv", "--clear", str(VENV)]) != 0:
            raise SystemExit(f"\n{python} could not make {VENV}; the lines above say why.")
    say("Installing the pinned requirements ...")
    remove(PIP_LOG)
    command = [PYTHON, "-m", "pip", "--disable-pip-version-check", "--log", str(PIP_LOG), "install"]
    command += ["--require-hashes", "-r", str(REQUIREMENTS)]
    if not was_whole:
        # What an interrupted install left behind looks installed to pip, so it is laid down again.
        command.append("--force-reinstall")
    if subprocess.call(command) != 0:
        raise SystemExit(f"\n{what_went_wrong()}")
    unfinished = VENV / "installed.new"
    unfinished.write_text(wanted())
    unfinished.replace(STAMP)


def find_python() -> str:
    """This interpreter if it will do, else the first on PATH that will."""
    for python in (sys.executable, *map(shutil.which, CANDIDATES)):
        if python and works(python, "venv, ensurepip"):
            return python
    name = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    if works(sys.executable, "sys"):
        raise SystemExit(
            f"\n{name} ({sys.executable}) lacks its venv or ensurepip module, which some systems package apart.\n"
            f"Install it, for instance: apt install {name}-venv\n"
            "Or name a complete Python: make run PYTHON=/path/to/python3.13"
        )
    raise SystemExit(
        f"\nCampanile needs Python 3.11 or newer. This is {name} ({sys.executable}),"
        f" and none of {', '.join(CANDIDATES)} works here.\n"
        "Install one, for instance: apt install python3.11 python3.11-venv, or brew install python@3.13\n"
        "If you have one elsewhere, name it: make run PYTHON=/path/to/python3.13"
    )


def works(python: str, modules: str) -> bool:
    """Tried, not guessed: a name on PATH may be a shim with nothing behind it, a venv's python a dangling link."""
    command = [python, "-c", FIT + modules]
    try:
        return subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def what_went_wrong() -> str:
    log = read(PIP_LOG)
    if any(sign in log for sign in UNREACHABLE):
        return (
            "The package index could not be reached. Check the network, then run the same command again.\n"
            "Behind a proxy or a mirror, tell pip in the usual way: PIP_PROXY, PIP_INDEX_URL or pip.conf."
        )
    return f"pip could not install the requirements; the lines above say why, and {PIP_LOG} says more."


def wanted() -> str:
    """What the stamp says when .venv matches: the lock's content, installed at this path."""
    return hashlib.sha256(REQUIREMENTS.read_bytes() + str(VENV).encode()).hexdigest()


def read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def remove(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        path.unlink()


def say(message: str) -> None:
    sys.stderr.write(message + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit("\nInterrupted; the same command goes on from here.") from None
    except OSError as error:
        raise SystemExit(f"\n.venv cannot be prepared: {error}") from error
