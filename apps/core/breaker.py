"""A service that may be slow or away, asked only while it is quick."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

import structlog
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)
T = TypeVar("T")


class Breaker:
    """The first call that fails or takes longer than `patience` opens it; then nobody asks until a probe in the background is quick again.

    So an outage costs the callers already waiting one timeout, and every later one nothing.
    """

    def __init__(self, probe: Callable[[], object], *, patience: float = 0.2, pause: float = 1.0) -> None:
        self._probe = probe
        self._patience = patience
        self._pause = pause
        self._lock = threading.Lock()
        self.open = False

    def call(self, operation: Callable[[], T]) -> T | None:
        """What the operation returned, or None when it was skipped or failed."""
        if self.open:
            return None
        started = time.monotonic()
        try:
            result = operation()
        except (RedisError, OSError) as error:
            self._trip(str(error))
            return None
        if time.monotonic() - started > self._patience:
            self._trip("slow")
        return result

    def _trip(self, reason: str) -> None:
        with self._lock:
            if self.open:
                return
            self.open = True
        log.warning("cache skipped", reason=reason)
        threading.Thread(target=self._watch, name="cache-probe", daemon=True).start()

    def _watch(self) -> None:
        while self.open:
            time.sleep(self._pause)
            started = time.monotonic()
            try:
                self._probe()
            except (RedisError, OSError):
                continue
            if time.monotonic() - started <= self._patience:
                self.open = False
        log.info("cache asked again")
