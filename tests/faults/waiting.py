import time
from collections.abc import Callable


def until(condition: Callable[[], object], *, seconds: float = 300) -> None:
    """Fails when it has not come true by then."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
