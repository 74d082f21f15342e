"""Finding ports on the loopback interface."""

import socket
from contextlib import closing, suppress
from pathlib import Path

from compose.local.refusal import Refusal

LOOPBACK = "127.0.0.1"


def is_free(port: int) -> bool:
    """Asked twice: where a listener on all interfaces does not keep others from binding loopback, it still answers."""
    with closing(socket.socket()) as probe:
        probe.settimeout(1)
        with suppress(OSError):
            probe.connect((LOOPBACK, port))
            return False
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except PermissionError as error:
            raise Refusal(
                f"Port {port} needs more rights than you have. Choose one above 1023: PORT=8001 make run"
            ) from error
        except OSError:
            return False
    return True


def any_free() -> int:
    with closing(socket.socket()) as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port


def remembered(path: Path) -> int:
    """The port written in the file if it is still free, else a new one: a server keeps its address between runs."""
    with suppress(OSError, ValueError):
        port = int(path.read_text())
        if is_free(port):
            return port
    port = any_free()
    path.write_text(f"{port}\n")
    return port


def parse(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= 65_535):
        raise Refusal(f"PORT is {text!r}; it must be a number from 1 to 65535, as in PORT=8001 make run")
    return int(text)
