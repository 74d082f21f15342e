"""Starting the whole system, and finding one that runs already."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from compose.local import console, locks, ports, programs
from compose.local.child import Child
from compose.local.environment import Record, data_dir, development_environment, needs_emulator
from compose.local.greeting import readiness
from compose.local.program import Program
from compose.local.refusal import Refusal
from compose.local.services import embedded_services
from compose.local.supervisor import Stop, Supervisor

READY_WITHIN = 120.0
COMPLETE_WITHIN = 30.0
"""How long to wait for the rest of a system that serves already."""


def running(environ: Mapping[str, str]) -> Record | None:
    """The system that uses this DATA_DIR now, waited for while it is only starting."""
    data = data_dir(environ)
    lock = _launcher_lock(data)
    deadline = time.monotonic() + READY_WITHIN
    while locks.is_held(lock):
        record = Record.read(data)
        if record is not None and lock.read_text() == str(record.pid):
            return record
        if time.monotonic() > deadline:
            raise Refusal(
                f"Process {lock.read_text()} holds {data} but serves nothing. Stop it, then try again."
            )
        time.sleep(0.1)
    return None


@contextmanager
def only_one(data: Path) -> Iterator[None]:
    """Holds the DATA_DIR for us, or refuses with the name of who has it."""
    lock = _launcher_lock(data)
    try:
        descriptor = locks.take(lock)
    except locks.Held as error:
        record = Record.read(data)
        where = f" and serves {record.url}/" if record and record.url else ""
        raise Refusal(
            f"Campanile is already running from {data}: process {lock.read_text() or '?'}{where}.\n"
            "Stop it first (Ctrl-C there), or run another beside it: DATA_DIR=.local2 PORT=8001 make run"
        ) from error
    except OSError as error:
        raise Refusal(f"{data} cannot be used ({error}). Choose another: DATA_DIR=... make run") from error
    try:
        locks.write(descriptor, str(os.getpid()))
        Record.forget(data)  # of a run that crashed
        yield
    finally:
        Record.forget(data)
        os.close(descriptor)


@contextmanager
def services_only(environ: Mapping[str, str]) -> Iterator[Record]:
    """The services without any program of ours, for one command."""
    data = data_dir(environ)
    with only_one(data), embedded_services(data, durable=True, environ=environ) as services:
        settled = development_environment(environ, data=data, port=_port(environ), services=services)
        record = Record(pid=os.getpid(), url="", environ=settled)
        record.write(data)
        yield record


@contextmanager
def whole_system(
    environ: Mapping[str, str], stop: Stop, *, port: int | None = None, logs: Path | None = None
) -> Iterator[tuple[Supervisor, Record]]:
    """Everything, started but not waited for. With `logs` each program writes into a file there, not to our output."""
    data = data_dir(environ)
    port = _port(environ) if port is None else port
    with only_one(data):
        _end_leftovers(data)
        if not ports.is_free(port):
            raise Refusal(f"Port {port} is taken. Choose another, as in: PORT={port % 65_535 + 1} make run")
        console.say(f"Starting PostgreSQL and Valkey, data in {data} ...")
        with embedded_services(data, durable=True, environ=environ) as services:
            settled = development_environment(environ, data=data, port=port, services=services)
            record = Record(pid=os.getpid(), url=f"http://{ports.LOOPBACK}:{port}", environ=settled)
            with Supervisor(data / "run", stop) as supervisor:
                supervisor.watch(services.children)
                for program in programs.preparing(settled):
                    if supervisor.run(_logged(program, logs)):
                        raise Refusal(f"`{program.name}` failed{f'; see {logs}' if logs else ', see above'}.")
                if not stop.is_set():
                    serving = programs.serving(settled, emulator=needs_emulator(environ))
                    supervisor.start([_logged(program, logs) for program in serving])
                    record.write(data)
                yield supervisor, record
    console.say("Stopped.")


def wait_until_ready(supervisor: Supervisor, port: str) -> bool:
    """False when told to stop first, or when nothing serves after two minutes, having said why."""
    began = time.monotonic()
    while not supervisor.stop.wait(0.1):
        supervisor.tick()
        status, answer = readiness(int(port))
        if status == "ok":
            return True
        if time.monotonic() - began > (COMPLETE_WITHIN if status else READY_WITHIN):
            console.say(f"/health/ready/ says: {answer}")
            return bool(status)
    return False


def _launcher_lock(data: Path) -> Path:
    return data / "run" / "launcher.lock"


def _port(environ: Mapping[str, str]) -> int:
    return ports.parse(environ.get("PORT") or "8000")


def _end_leftovers(data: Path) -> None:
    """A crashed run's web server may still hold our port. PostgreSQL and Valkey look after their own leftovers."""
    for lock in sorted((data / "run").glob("*.lock")):
        if lock.stem not in {"launcher", "postgres", "valkey"}:
            Child(Program(name=lock.stem, argv=[]), data / "run").stop()


def _logged(program: Program, logs: Path | None) -> Program:
    if logs is None:
        return program
    logs.mkdir(exist_ok=True)
    return replace(program, output=logs / f"{program.name}.log")
