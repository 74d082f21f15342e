"""One output for many processes: whole lines, each with the name of its speaker."""

import sys
import threading
from contextlib import suppress
from typing import IO

_lock = threading.Lock()


def say(line: str = "") -> None:
    # A closed terminal must not keep us from stopping the children in order.
    with _lock, suppress(OSError):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def relay(name: str, stream: IO[bytes]) -> None:
    """Reads on even when nobody listens any more, so that no child blocks on a full pipe."""

    def read() -> None:
        with stream:
            for line in stream:
                say(f"{name:>9} | {line.decode(errors='replace').rstrip()}")

    threading.Thread(target=read, name=f"output of {name}", daemon=True).start()
