"""Which revision is committed: the one fact that freshness rests on."""

import threading
import time
from collections.abc import Callable

import structlog
from django.db import connections

from apps.core.committed import Committed, News
from apps.core.errors import Unavailable

log = structlog.get_logger(__name__)

_MOST_PARTS = 10_000


class CommittedRevision:
    """What `read` (one SELECT on Django's connection of the calling thread) last saw committed.

    It is given the revision after which it is to tell the changes, or None when the number is all that is wanted.

    A thread of its own reads, on a connection of its own, at most every `max_age` seconds and only while somebody asks; so a
    database that hangs holds nobody longer than `patience`. While the database is away the last answer stands, since nothing can
    have been committed; without one, Unavailable is raised. Times are in seconds.
    """

    def __init__(
        self,
        read: Callable[[int | None], News],
        *,
        max_age: float = 0.1,
        patience: float = 0.25,
        idle: float = 5.0,
    ) -> None:
        self._read = read
        self._max_age = max_age
        self._patience = patience
        self._idle = idle
        self._news = threading.Condition()
        self._thread: threading.Thread | None = None
        self._known: Committed | None = None
        self._asked_at: float | None = None
        self._failed_at = float("-inf")

    def current(self) -> Committed:
        """At most `max_age` older than the last commit."""
        now = time.monotonic()
        known = self._known
        if known is None or now - known.read_at > self._max_age:
            known = self._ask(now)
        if known is None:
            raise Unavailable
        return known

    def fresh(self) -> Committed:
        """Read now, on the caller's own connection: inside a transaction, the caller's own writes are seen."""
        began = time.monotonic()
        return Committed.alone(self._read(None).revision, read_at=began)

    def close(self) -> None:
        """Forget, and end the reading thread with its connection."""
        with self._news:
            thread, self._thread, self._known, self._asked_at = self._thread, None, None, None
            self._failed_at = float("-inf")
            self._news.notify_all()
        if thread is not None:
            thread.join(self._patience)

    def _ask(self, now: float) -> Committed | None:
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
        me, known = threading.current_thread(), None
        try:
            while True:
                with self._news:
                    self._news.wait_for(lambda: self._asked_at or self._thread is not me, timeout=self._idle)
                    if self._thread is not me or self._asked_at is None:
                        self._thread = None if self._thread is me else self._thread
                        return
                known = self._look(known)
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

    def _look(self, known: Committed | None) -> Committed | None:
        """Twice, since the first failure may only mean that the kept connection did not survive a restart of the database.

        Behind another connection may be another database, restored from a backup: what was known of changes ends with the connection.
        """
        for attempt in (1, 2):
            began = time.monotonic()
            try:
                news = self._read(known.revision if known else None)
            except Exception:  # whatever it is, the last answer stands and the next request asks again
                connections.close_all()
                known = None
                if attempt == 2:
                    log.warning("revision not readable", exc_info=True)
            else:
                if known is None:
                    return Committed.alone(news.revision, read_at=began)
                return known.after(news, read_at=began, most=_MOST_PARTS)
        return None
