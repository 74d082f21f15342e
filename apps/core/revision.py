"""Which revision is committed: the one fact that freshness rests on."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from django.db import connections

from apps.core.errors import Unavailable

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Known:
    revision: int
    read_at: float


class CommittedRevision:
    """The number that `read` (one SELECT on Django's connection of the calling thread) last saw committed.

    A thread of its own reads, on a connection of its own, at most every `max_age` seconds and only while somebody asks; so a
    database that hangs holds nobody longer than `patience`. While the database is away the last answer stands, since nothing can
    have been committed; without one, Unavailable is raised. Times are in seconds.
    """

    def __init__(
        self, read: Callable[[], int], *, max_age: float = 0.1, patience: float = 0.25, idle: float = 5.0
    ) -> None:
        self._read = read
        self._max_age = max_age
        self._patience = patience
        self._idle = idle
        self._news = threading.Condition()
        self._thread: threading.Thread | None = None
        self._known: _Known | None = None
        self._asked_at: float | None = None
        self._failed_at = float("-inf")

    def current(self) -> int:
        """At most `max_age` older than the last commit."""
        now = time.monotonic()
        known = self._known
        if known is None or now - known.read_at > self._max_age:
            known = self._ask(now)
        if known is None:
            raise Unavailable
        return known.revision

    def fresh(self) -> int:
        """Read now, on the caller's own connection: inside a transaction, the caller's own writes are seen."""
        return self._read()

    def close(self) -> None:
        """Forget, and end the reading thread with its connection."""
        with self._news:
            thread, self._thread, self._known, self._asked_at = self._thread, None, None, None
            self._failed_at = float("-inf")
            self._news.notify_all()
        if thread is not None:
            thread.join(self._patience)

    def _ask(self, now: float) -> _Known | None:
        oldest = now - self._max_age
        with self._news:
            if self._failed_at < oldest and self._asked_at is None:
                self._asked_at = now
                self._start()
                self._news.notify_all()
            waited = now - (self._asked_at or now)
            self._news.wait_for(
                lambda: self._failed_at >= oldest or (self._known and self._known.read_at >= oldest),
                timeout=max(0, self._patience - waited),
            )
            return self._known

    def _start(self) -> None:
        """After a fork the thread is gone, hence the look at it every time."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._serve, name="revision", daemon=True)
            self._thread.start()

    def _serve(self) -> None:
        me = threading.current_thread()
        try:
            while True:
                with self._news:
                    self._news.wait_for(lambda: self._asked_at or self._thread is not me, timeout=self._idle)
                    if self._thread is not me or self._asked_at is None:
                        self._thread = None if self._thread is me else self._thread
                        return
                known = self._look()
                with self._news:
                    if self._thread is not me:
                        return
                    if known is None:
                        self._failed_at = time.monotonic()
                    else:
                        self._known = known
                    self._asked_at = None
                    self._news.notify_all()
        finally:
            connections.close_all()

    def _look(self) -> _Known | None:
        """Twice, since the first failure may only mean that the kept connection did not survive a restart of the database."""
        for attempt in (1, 2):
            began = time.monotonic()
            try:
                return _Known(self._read(), began)
            except Exception:  # whatever it is, the last answer stands and the next request asks again
                connections.close_all()
                if attempt == 2:
                    log.warning("revision not readable", exc_info=True)
        return None
