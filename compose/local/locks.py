"""Locked files, which the kernel frees with the last process that holds them, however that process ends."""

import fcntl
import os
from pathlib import Path


class Held(Exception):
    """Somebody else holds the lock."""


def take(path: Path) -> int:
    """A descriptor of the locked file, to be closed by the caller. A child that inherits it shares the lock."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return _open(path, fcntl.LOCK_EX)


def is_held(path: Path) -> bool:
    if not path.exists():
        return False
    try:
        os.close(_open(path, fcntl.LOCK_SH))
    except Held:
        return True
    return False


def write(descriptor: int, text: str) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode(), 0)


def _open(path: Path, kind: int) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise Held(path) from error
    return descriptor
