"""Catalogue answers given without entering Django: what Django itself answered, while it still reads the same.

When it does not any more, it is made anew in the way that Django left with it. To have it made by way of Django, its middlewares and a view
cost three times as much, and after each change every process needs the lists that it is in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import connection

from apps.core.bytes_cache import CAPACITY
from apps.core.cached_response import RECIPE, REVISION, SERVED_COPY, Recipe, about, wants_fresh
from apps.core.committed import Committed
from apps.core.conditional import accepts_gzip, not_modified
from apps.core.copies import Copy
from apps.core.errors import Unavailable
from apps.core.lru import BoundedBytes
from apps.core.patience import patience
from apps.core.revision import CommittedRevision

Headers = list[tuple[str, str]]
Shape = tuple[str | bool | None, ...]

# All of a request that can change such an answer, beside the preconditions. Anything else that could makes the request odd.
_SHAPE = (
    "wsgi.url_scheme",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_HOST",
    "SCRIPT_NAME",
    "PATH_INFO",
    "QUERY_STRING",
    "HTTP_ACCEPT",
    "HTTP_ORIGIN",
)
_ODD = frozenset({"HTTP_COOKIE", "HTTP_RANGE", "HTTP_IF_MATCH", "HTTP_IF_RANGE", "HTTP_X_FORWARDED_HOST"})
_LONGEST_SHAPE = 2048
_CAPACITY = CAPACITY  # they are the same copies
# How long PostgreSQL may take to renew an answer. What takes longer is left to Django, which has a patience of its own.
_RENEWAL_SECONDS = 1.0


@dataclass(slots=True)
class _Kept:
    copy: Copy
    body: bytes
    etag: str
    recipe: Recipe | None
    headers: dict[int, Headers] = field(default_factory=dict)  # by status, 200 and 304

    def at(self, committed: Committed) -> "_Kept | None":
        """The same at that revision, which the headers tell, if the copy reads the same then."""
        copy = self.copy.at(committed)
        if copy is self.copy or copy is None:
            return self if copy else None
        return _Kept(copy, self.body, self.etag, self.recipe, self._telling({REVISION: str(copy.revision)}))

    def renewed(self, committed: Committed, *, gzip: bool) -> "_Kept | None":
        """What is served in its place at that revision. None if nobody can say here, or it would no longer come in the same coding."""
        if self.recipe is None:
            return None
        copy = self.recipe.renewed(committed, gzip=gzip)
        if gzip and bool(copy.zipped) != bool(self.copy.zipped):
            return None
        told = about(copy, gzip=gzip)
        return _Kept(copy, copy.served(gzip=gzip), told["ETag"], self.recipe, self._telling(told))

    def _telling(self, told: Mapping[str, str]) -> dict[int, Headers]:
        return {
            status: [(name, told.get(name, value)) for name, value in pairs]
            for status, pairs in self.headers.items()
        }


class Hit(NamedTuple):
    status: str
    headers: Headers
    body: bytes
    revision: int


class Hits:
    def __init__(self, revision: CommittedRevision) -> None:
        self._revision = revision
        self._kept: BoundedBytes[Shape, _Kept] = BoundedBytes(_CAPACITY)

    def find(self, shape: Shape | None, environ: Mapping[str, Any]) -> Hit | None:
        """What was answered before, if it still reads the same."""
        if shape is None or (kept := self._current(shape)) is None:
            return None
        return _hit(kept, environ)

    def renew(self, shape: Shape | None, environ: Mapping[str, Any]) -> Hit | None:
        """What was answered before as it reads now, if that can be made here."""
        if shape is None or (kept := self._kept.get(shape)) is None:
            return None
        try:
            with patience(_RENEWAL_SECONDS):
                connection.close_if_unusable_or_obsolete()  # as Django does when a request begins
                renewed = kept.renewed(self._revision.current(), gzip=bool(shape[-1]))
        except Exception:  # noqa: BLE001  # whatever it is, Django meets it again and answers accordingly
            return None
        if renewed is None:
            return None
        self._keep(shape, renewed)
        return _hit(renewed, environ)

    def keep(self, shape: Shape | None, environ: Mapping[str, Any], status: int, headers: Headers) -> None:
        """What Django answered to this request, if a view says that it served a copy which may be shared."""
        copy = environ.get(SERVED_COPY)
        if not isinstance(copy, Copy) or shape is None or status not in (200, 304):
            return
        names = {name.lower(): value for name, value in headers}
        if environ["REQUEST_METHOD"] != "GET" or "set-cookie" in names or _length(shape) > _LONGEST_SHAPE:
            return
        kept = self._kept.get(shape)
        if kept is None or kept.copy != copy:
            gzip = accepts_gzip(environ.get("HTTP_ACCEPT_ENCODING", ""))
            kept = _Kept(copy, copy.served(gzip=gzip), names["etag"], environ[RECIPE])
            self._keep(shape, kept)
        kept.headers[status] = headers

    def _keep(self, shape: Shape, kept: _Kept) -> None:
        self._kept.put(shape, kept, size=kept.copy.size, deadline=kept.copy.expires_at)

    def _current(self, shape: Shape) -> _Kept | None:
        if (kept := self._kept.get(shape)) is None:
            return None
        try:
            current = kept.at(self._revision.current())
        except Unavailable:
            return None
        if current and current is not kept:
            self._kept.refresh(shape, current)
        return current


def _hit(kept: _Kept, environ: Mapping[str, Any]) -> Hit | None:
    status = 304 if not_modified(environ.get("HTTP_IF_NONE_MATCH"), kept.etag) else 200
    if (headers := kept.headers.get(status)) is None:
        return None
    if status == 304:
        return Hit("304 Not Modified", headers, b"", kept.copy.revision)
    body = b"" if environ["REQUEST_METHOD"] == "HEAD" else kept.body
    return Hit("200 OK", headers, body, kept.copy.revision)


def shape_of(environ: Mapping[str, Any]) -> Shape | None:
    """None when odd. To be taken before Django sees the environ, whose path it rewrites."""
    if (
        environ["REQUEST_METHOD"] not in ("GET", "HEAD")
        or not environ.keys().isdisjoint(_ODD)
        or wants_fresh(environ)
    ):
        return None
    return *map(environ.get, _SHAPE), accepts_gzip(environ.get("HTTP_ACCEPT_ENCODING", ""))


def _length(shape: Shape) -> int:
    return sum(len(part) for part in shape if isinstance(part, str))
