"""The processes of Campanile, as values."""

import sys
from collections.abc import Mapping

from compose.local.environment import ROOT
from compose.local.ports import LOOPBACK
from compose.local.program import Program


def manage(name: str, *arguments: str, environ: Mapping[str, str]) -> Program:
    return Program(name=name, argv=[sys.executable, "manage.py", *arguments], environ=environ, cwd=ROOT)


def preparing(environ: Mapping[str, str]) -> list[Program]:
    """Run to their end, one after the other, before anything serves."""
    return [
        manage("migrate", "migrate", "--no-input", environ=environ),
        manage("load_demo", "load_demo", "--if-empty", environ=environ),
    ]


def serving(environ: Mapping[str, str], *, emulator: bool) -> list[Program]:
    """Run until told to stop, in the order of their start."""
    first = [_emulator(environ)] if emulator else []
    return [*first, manage("worker", "worker", environ=environ), _web(environ)]


def _emulator(environ: Mapping[str, str]) -> Program:
    port = environ["FCM_EMULATOR_HOST"].rpartition(":")[2]
    return Program(
        name="emulator",
        argv=[sys.executable, "-m", "apps.notifications.emulator", "--host", LOOPBACK, "--port", port],
        environ=environ,
        cwd=ROOT,
        grace=3,
    )


def _web(environ: Mapping[str, str]) -> Program:
    server = ["-m", "gunicorn", "-c", "config/gunicorn.py", "--bind", f"{LOOPBACK}:{environ['PORT']}"]
    argv = [sys.executable, *server, "config.wsgi:application"]
    # gunicorn gives requests under way ten seconds of its own.
    return Program(name="web", argv=argv, environ=environ, cwd=ROOT, grace=15)
