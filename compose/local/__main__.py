"""python -m compose.local run | demo | manage ... | webhook"""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import NoReturn

from compose.local import console, ports, programs
from compose.local.environment import ROOT, Record, data_dir
from compose.local.greeting import greeting
from compose.local.refusal import Refusal
from compose.local.supervisor import Supervisor, stop_on_signals
from compose.local.system import running, services_only, wait_until_ready, whole_system
from compose.local.webhook import curl_line


def run(_: list[str]) -> int:
    """Everything, until Ctrl-C."""
    with stop_on_signals() as stop, whole_system(os.environ, stop) as (supervisor, record):
        if wait_until_ready(supervisor, record.environ["PORT"]):
            console.say(greeting(record.url, record.environ, outside=os.environ))
        supervisor.keep()
    return 0


def demo(arguments: list[str]) -> int:
    """The main job, played beside the running system or else on one of its own."""
    if (record := running(os.environ)) is not None:
        if not record.url:
            raise Refusal(
                f"Process {record.pid} is using the services for one command. Try again when it has ended."
            )
        _manage(record, ["demo", *arguments])
    asked = os.environ.get("PORT")
    port = ports.parse(asked) if asked else 8000
    if not asked and not ports.is_free(port):
        port = ports.any_free()
    logs = data_dir(os.environ) / "log"
    with (
        stop_on_signals() as stop,
        whole_system(os.environ, stop, port=port, logs=logs) as (supervisor, record),
    ):
        console.say(f"Starting the system on {record.url}/, logs in {logs} ...")
        if not wait_until_ready(supervisor, record.environ["PORT"]):
            return 1
        return _play(supervisor, record, arguments)


def _play(supervisor: Supervisor, record: Record, arguments: list[str]) -> int:
    played = programs.manage("demo", "demo", *arguments, environ=record.environ)
    code = supervisor.run(replace(played, output="plain"))
    return 1 if code is None else code


def manage(arguments: list[str]) -> int:
    """manage.py against the running system, or else against its services, started for this one command."""
    if (record := running(os.environ)) is not None:
        _manage(record, arguments)
    with stop_on_signals() as stop, services_only(os.environ) as record:
        # Not a child of the supervisor's kind: a shell or createsuperuser must own the terminal.
        process = subprocess.Popen([sys.executable, "manage.py", *arguments], cwd=ROOT, env=record.merged())
        while process.poll() is None:
            if stop.wait(0.05):
                process.terminate()
                process.wait()
        return process.returncode


def webhook(_: list[str]) -> int:
    """A fresh signed curl line for the running system."""
    record = running(os.environ)
    if record is None or not record.url:
        raise Refusal("No system is running. Start one first: make run")
    print(curl_line(record.url, record.merged()))
    return 0


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "run": run,
    "demo": demo,
    "manage": manage,
    "webhook": webhook,
}


def _manage(record: Record, arguments: list[str]) -> NoReturn:
    os.chdir(ROOT)
    os.execve(sys.executable, [sys.executable, "manage.py", *arguments], record.merged())  # noqa: S606  # no shell is wanted


def main() -> int:
    name, *arguments = sys.argv[1:] or ["run"]
    if name not in COMMANDS:
        console.say(f"Unknown command {name!r}. There are: {', '.join(COMMANDS)}")
        return 2
    try:
        return COMMANDS[name](arguments)
    except Refusal as refusal:
        print(f"\n{refusal}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
