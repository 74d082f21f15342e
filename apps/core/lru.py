"""A mapping that forgets: bounded by the bytes it holds, each value until its deadline."""

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class BoundedBytes(Generic[K, V]):
    """The least recently used goes first. Safe between threads; a value larger than a quarter of the room is not kept."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._held = 0
        self._lock = threading.Lock()
        self._items: OrderedDict[K, tuple[V, int, float]] = OrderedDict()

    def get(self, key: K) -> V | None:
        with self._lock:
            if (item := self._items.get(key)) is None:
                return None
            value, _, deadline = item
            if time.time() >= deadline:
                self._remove(key)
                return None
            self._items.move_to_end(key)
            return value

    def put(self, key: K, value: V, *, size: int, deadline: float) -> None:
        """`size` in bytes, `deadline` in seconds since the epoch."""
        with self._lock:
            self._remove(key)
            if size > self._capacity // 4:
                return
            self._items[key] = (value, size, deadline)
            self._held += size
            while self._held > self._capacity:
                self._remove(next(iter(self._items)))

    def refresh(self, key: K, value: V) -> None:
        """Put a value that takes as much room in the place of the one held, until the same deadline."""
        with self._lock:
            if item := self._items.get(key):
                self._items[key] = (value, *item[1:])

    def discard(self, key: K) -> None:
        with self._lock:
            self._remove(key)

    def clear(self) -> None:
        with self._lock:
            self._items.clear()
            self._held = 0

    def _remove(self, key: K) -> None:
        if item := self._items.pop(key, None):
            self._held -= item[1]
