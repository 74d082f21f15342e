"""Asking what may hang, without hanging."""

import threading
import time
from collections.abc import Callable
from typing import Any, ClassVar, Generic, TypeVar

from django.db import connections

T = TypeVar("T")


class BoundedCall(Generic[T]):
    """A call in a thread of its own, so that one that hangs is left behind, and is not made a second time while it hangs.

    It has database connections of its own, which are closed at its end.
    """

    _running: ClassVar[dict[str, "BoundedCall[Any]"]] = {}

    def __init__(self, call: Callable[[], T]) -> None:
        self._call = call
        self._returned: T | None = None
        self._raised: Exception | None = None
        self.thread = threading.Thread(target=self._run, name="bounded-call", daemon=True)
        self.thread.start()

    @classmethod
    def begin(cls, name: str, call: Callable[[], T]) -> "BoundedCall[T]":
        """The one of that name which still hangs, or a new one."""
        running = cls._running.get(name)
        if running is None or not running.thread.is_alive():
            running = cls._running[name] = cls(call)
        return running

    def outcome(self, *, deadline: float) -> T:
        """What the call returned or raised; TimeoutError when it has done neither at `deadline`, of time.monotonic()."""
        self.thread.join(max(0.0, deadline - time.monotonic()))
        if self.thread.is_alive():
            raise TimeoutError("no answer in time")
        if self._raised is not None:
            raise self._raised
        return self._returned  # type: ignore[return-value]  # set, unless T is None

    def _run(self) -> None:
        try:
            self._returned = self._call()
        except Exception as error:  # noqa: BLE001  # whatever it is, it is the outcome
            self._raised = error
        finally:
            connections.close_all()
