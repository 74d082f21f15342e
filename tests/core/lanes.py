"""Lanes of the tests. Each leaves a line in the file named by LANES_LOG, so that a test in another process can see it."""

import os
import time
from pathlib import Path


def _note(word: str) -> None:
    with Path(os.environ["LANES_LOG"]).open("a") as file:
        file.write(word + "\n")


def busy() -> int:
    _note("busy")
    time.sleep(0.01)
    return 1


def faulty() -> int:
    _note("faulty")
    raise ZeroDivisionError("a bug in this lane")


def slow() -> int:
    _note("slow begun")
    time.sleep(1)
    _note("slow done")
    return 1


def dying() -> int:
    raise SystemExit


def endless() -> int:
    _note("endless")
    time.sleep(60)
    return 1
