"""What a long run is at: a line that goes on changing on a terminal, plain lines elsewhere."""

import sys
import time

_began = time.monotonic()


def progress(text: str, *, passing: bool = False) -> None:
    """Passing ones are for those who watch; a log does without."""
    seconds = time.monotonic() - _began
    line = f"{seconds:6.0f} s  {text}"
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{line}" + ("" if passing else "\n"))
    elif not passing:
        sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
