"""Rendered bytes: in this process first, then under their revision through django-redis in Redis, where processes warm each other.

Nothing here can serve anything old: a value is found only under the revision that PostgreSQL says is committed, or when PostgreSQL says
that nothing it is made of has changed since. Bytes of one revision never change. Redis evicted, frozen, or restored from a dump costs a
rendering, nothing else.
"""

import hashlib
import time
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django_redis.serializers.base import BaseSerializer
from django_redis.util import CacheKey

from apps.core.breaker import Breaker
from apps.core.committed import Committed
from apps.core.copies import Copy
from apps.core.lru import BoundedBytes

ALIAS = "bytes"
_EVERYTHING = CacheKey(f"{settings.CACHES[ALIAS]['KEY_PREFIX']}:*")
# Half as much again as every list and document of 2,000 courses take; behind it stands Redis.
CAPACITY = 12 * 1024 * 1024


class PlainBytes(BaseSerializer):
    """The serializer of this alias: what comes from Redis is data, never a pickle."""

    def dumps(self, value: bytes) -> bytes:
        return value

    def loads(self, value: bytes) -> bytes:
        return value


class BytesCache:
    def __init__(self) -> None:
        self._near: BoundedBytes[str, Copy] = BoundedBytes(CAPACITY)
        self.breaker = Breaker(self._ping)

    def get(self, key: str, committed: Committed) -> Copy | None:
        """The copy of that revision."""
        if copy := self.get_near(key, committed):
            return copy
        name, revision = _name(key), committed.revision
        value = self.breaker.call(lambda: _far().get(name, version=revision))
        copy = Copy.unpack(value, f"{revision}:{key}")
        if copy is None or copy.expires_at <= time.time():
            return None
        self._near.put(key, copy, size=copy.size, deadline=copy.expires_at)
        return copy

    def get_near(self, key: str, committed: Committed) -> Copy | None:
        """The same, if it is in this process."""
        near = self._near.get(key)
        copy = near.at(committed) if near else None
        if copy and copy is not near:
            self._near.refresh(key, copy)
        return copy

    def put(self, key: str, copy: Copy, *, lifetime: int) -> None:
        """`lifetime` in seconds: how long bytes that nobody invalidates may lie around."""
        deadline = self.put_near(key, copy, lifetime=lifetime)
        value = copy.pack(f"{copy.revision}:{key}")
        timeout = deadline - time.time()
        if timeout > 0:
            self.breaker.call(lambda: _far().set(_name(key), value, timeout=timeout, version=copy.revision))

    def put_near(self, key: str, copy: Copy, *, lifetime: int) -> float:
        """In this process alone. Returns until when, in seconds since the epoch."""
        deadline = min(time.time() + lifetime, copy.expires_at)
        self._near.put(key, copy, size=copy.size, deadline=deadline)
        return deadline

    def forget(self, revision: int) -> int:
        """Hygiene after a commit: frees what nobody will ask for again. Returns how many keys Redis dropped."""
        return self.breaker.call(lambda: _far().delete_pattern("*", version=revision, itersize=1000)) or 0

    def clear(self) -> None:
        """Everything of every revision, for tests and for staff after a database was restored from a backup."""
        self._near.clear()
        self.breaker.call(lambda: _far().delete_pattern(_EVERYTHING, itersize=1000))

    def _ping(self) -> None:
        _far().client.get_client().ping()


def _far() -> Any:
    """django-redis's cache; its own annotations stop at the public methods."""
    return caches[ALIAS]


def _name(key: str) -> str:
    return hashlib.blake2b(key.encode(), digest_size=16).hexdigest()


bytes_cache = BytesCache()
