"""Processes that stay recognisable as ours even after the one who started them has crashed.

A child inherits a locked file. The kernel keeps the lock while the child or any of its descendants lives and not a
moment longer, so whoever finds the lock held may trust the pid written in the file: it has not gone to a stranger.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO

from compose.local import console, locks
from compose.local.program import Program
from compose.local.refusal import Refusal


class Child:
    def __init__(self, program: Program, run_dir: Path) -> None:
        self.program = program
        self.lock = run_dir / f"{program.name}.lock"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Call it from a thread that lives as long as we do: on Linux the child ends with that thread."""
        self.stop()
        descriptor = locks.take(self.lock)
        try:
            locks.write(descriptor, "")
            self.program.prepare()
            self.process = self._spawn(descriptor)
            locks.write(descriptor, str(self.process.pid))
        finally:
            os.close(descriptor)

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """Ends the child and all it started; also what an earlier run left behind under this name."""
        if self._is_left():
            self._signal(self.program.stop_signal)
            if not self._gone_within(self.program.grace):
                self._signal(signal.SIGKILL)
                if not self._gone_within(5):
                    raise Refusal(
                        f"{self.program.name} (process {self._pid()}) does not end. End it by hand, then try again."
                    )
        if self.process is not None:
            self.process.wait()
            self.process = None

    def _spawn(self, descriptor: int) -> subprocess.Popen[bytes]:
        program = self.program
        with ExitStack() as stack:
            stdout: int | IO[bytes] | None = None
            if isinstance(program.output, Path):
                stdout = stack.enter_context(program.output.open("wb"))
            elif program.output == "prefixed":
                stdout = subprocess.PIPE
            process = subprocess.Popen(
                [*program.run_as, *_ending_with_us(program.stop_signal), *program.argv],
                env={**os.environ, **program.environ},
                cwd=program.cwd,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=None if stdout is None else subprocess.STDOUT,
                pass_fds=(descriptor,),
                # Out of the terminal's reach: Ctrl-C comes to us alone, and we stop the children in order.
                start_new_session=True,
            )
        if process.stdout is not None:
            console.relay(program.name, process.stdout)
        return process

    def _is_left(self) -> bool:
        """Somebody may have removed the file of the lock; what we started ourselves we know without it."""
        return self.is_running() or locks.is_held(self.lock)

    def _signal(self, number: signal.Signals) -> None:
        """The stop signal goes to the child alone, which ends its own; SIGKILL goes to its whole process group."""
        pid = self._pid()
        if pid == 0:
            return
        try:
            with suppress(ProcessLookupError):
                if number == signal.SIGKILL:
                    os.killpg(pid, number)
                else:
                    os.kill(pid, number)
        except PermissionError as error:
            raise Refusal(
                f"{self.program.name} (process {pid}) belongs to another user. Stop it as that user, or choose another DATA_DIR."
            ) from error

    def _pid(self) -> int:
        if self.process is not None:
            return self.process.pid
        with suppress(OSError, ValueError):
            return int(self.lock.read_text())
        return 0

    def _gone_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self._is_left():
            if self.process is not None and self.process.poll() is not None:
                # The child has ended but something it started has not: nobody is left to ask it politely.
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(self.process.pid, signal.SIGKILL)
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True


def _ending_with_us(stop_signal: signal.Signals) -> list[str]:
    """On Linux the kernel itself stops a child whose parent dies. Elsewhere the next run finds it by its lock.

    The kernel forgets this wish when a process changes its account, so it comes after that.
    """
    if sys.platform == "linux" and (setpriv := shutil.which("setpriv")):
        return [setpriv, "--pdeathsig", stop_signal.name.removeprefix("SIG"), "--"]
    return []
