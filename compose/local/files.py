"""Small files that only their owner may read."""

import os
from collections.abc import Callable
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """All or nothing: a reader sees the old content or the new."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    unfinished.replace(path)


def keep_secret(path: Path, make: Callable[[], str]) -> str:
    """The secret in the file, made once: what was signed or stored with it stays valid between runs."""
    if not path.exists():
        write_private(path, f"{make()}\n")
    return path.read_text().strip()
