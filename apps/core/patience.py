"""How long a web process waits for one answer of PostgreSQL. A server that is frozen, not away, would else hold every thread for ever.

Commands and the worker wait as long as it takes: what they are at goes on when the server does.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

import psycopg
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.pq import TransactionStatus

WEB_SECONDS = 10.0

_seconds: ContextVar[float | None] = ContextVar("patience", default=None)


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """For each statement within: a longer one raises OperationalError and takes the connection with it, as its state is not known."""
    token = _seconds.set(seconds)
    try:
        yield
    finally:
        _seconds.reset(token)


def limit_waiting(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Receiver of connection_created."""
    raw: psycopg.Connection[Any] = connection.connection
    raw.wait = partial(_wait, raw)  # type: ignore[method-assign]  # for this connection, the class being chosen by Django


def _wait(raw: psycopg.Connection[Any], gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
    try:
        return type(raw).wait(raw, gen, interval, timeout or _seconds.get())
    except psycopg.OperationalError:
        if raw.info.transaction_status == TransactionStatus.ACTIVE:
            raw.close()
        raise
