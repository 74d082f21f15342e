"""Processes that do as they are told, line by line, so that what they do can be counted without their start."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from compose.local.environment import ROOT
from compose.local.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Driver:
    pid: int
    _words: IO[str]
    _answers: IO[str]
    _log: Path

    def tell(self, words: str) -> str:
        """What it says when it has done so."""
        self._words.write(f"{words}\n")
        self._words.flush()
        if not (answer := self._answers.readline()):
            raise Refusal(f"The driver died of {words!r}:\n{self._log.read_text(errors='replace')[-2000:]}")
        return answer.strip()


@contextmanager
def driver(module: str, environ: dict[str, str], folder: Path) -> Iterator[Driver]:
    """Until the block ends, when its standard input does too. What it logs goes to a file in the folder."""
    with (
        (folder / f"{module}.log").open("wb") as log,
        subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=ROOT,
            env=environ,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
        ) as process,
    ):
        assert process.stdin
        assert process.stdout
        yield Driver(process.pid, process.stdin, process.stdout, folder / f"{module}.log")
