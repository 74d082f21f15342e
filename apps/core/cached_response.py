"""Bytes out, no serializer: the answer to a GET whose body belongs to a committed revision."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from apps.core.bytes_cache import bytes_cache
from apps.core.committed import Committed
from apps.core.conditional import accepts_gzip, not_modified, precondition_failed
from apps.core.copies import Copy, Rendered
from apps.core.errors import problem
from apps.core.revision import CommittedRevision

# Where the outermost layer (apps/core/hits.py) finds the copy that was served, when it may serve it again, and how it may make the next.
SERVED_COPY = "campanile.copy"
RECIPE = "campanile.recipe"
REVISION = "Campanile-Revision"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How an answer is made. `key` and `lifetime` as below; the key names the host as well."""

    key: str
    lifetime: int
    render: Callable[[], Rendered]

    def copy(self, known: Committed, *, gzip: bool) -> Copy:
        return self._copy(bytes_cache.get(self.key, known), bytes_cache.put, gzip=gzip)

    def renewed(self, known: Committed, *, gzip: bool) -> Copy:
        """The same without Redis: of a revision that has just come it seldom has more than this process, and to put it there was a quarter."""
        return self._copy(bytes_cache.get_near(self.key, known), bytes_cache.put_near, gzip=gzip)

    def _copy(self, held: Copy | None, put: Callable[..., object], *, gzip: bool) -> Copy:
        copy = (held or Copy.of(self.render())).including(gzip=gzip)
        if copy is not held:
            put(self.key, copy, lifetime=self.lifetime)
        return copy


def cached_response(
    request: HttpRequest | Request,
    *,
    key: str,
    lifetime: int,
    render: Callable[[], Rendered],
    revision: CommittedRevision,
    renewable: bool = False,
) -> HttpResponse:
    """Render at most once per key and revision; answer conditionally.

    `key` names everything of the request the body depends on, except the host, which is added here because bodies hold absolute
    links. It also names the format: change it when the same revision would be rendered differently. `lifetime` is in seconds.
    Nothing is cached inside a transaction, where the revision seen may yet be rolled back. An answer is `renewable` if `render` may be called
    again for a later request of the same shape: it holds nothing of its moment, such as the time or rows already read.
    """
    shared = settings.CATALOGUE_PUBLIC and not request.META.get("HTTP_COOKIE")
    gzip = accepts_gzip(request.META.get("HTTP_ACCEPT_ENCODING", ""))
    if connection.in_atomic_block:
        copy, shared = Copy.of(render()).including(gzip=gzip), False
    else:
        recipe = Recipe(f"{request.scheme}://{request.get_host()} {key}", lifetime, render)
        patient = shared and not wants_fresh(request.META)
        copy = recipe.copy(revision.current() if patient else revision.fresh(), gzip=gzip)
        if shared:
            request.META.update({SERVED_COPY: copy, RECIPE: recipe if renewable else None})
    return _answer(request, copy, gzip=gzip, shared=shared)


def wants_fresh(environ: Mapping[str, Any]) -> bool:
    return "no-" in environ.get("HTTP_CACHE_CONTROL", "") or "HTTP_PRAGMA" in environ


def about(copy: Copy, *, gzip: bool) -> dict[str, str]:
    """The headers that follow from what is served."""
    zipped = gzip and copy.zipped
    return {
        # The same content in another coding is equivalent, not identical: a weak tag (RFC 9110, section 8.8.1).
        "ETag": f'W/"{copy.tag}"' if zipped else f'"{copy.tag}"',
        REVISION: str(copy.revision),
        "Content-Length": str(len(copy.served(gzip=gzip))),
        **({"Content-Encoding": "gzip"} if zipped else {}),
    }


def _answer(request: HttpRequest | Request, copy: Copy, *, gzip: bool, shared: bool) -> HttpResponse:
    headers = {
        **about(copy, gzip=gzip),
        "Cache-Control": "public, no-cache" if shared else "private, no-cache",
        "X-Accel-Expires": "1" if shared else "0",
        "Vary": "Accept-Encoding",
    }
    etag = headers["ETag"]
    if precondition_failed(request.META.get("HTTP_IF_MATCH"), etag):
        return problem(412)
    if not_modified(request.META.get("HTTP_IF_NONE_MATCH"), etag):
        response = HttpResponse(status=304, headers=headers)
        for name in ("Content-Type", "Content-Length", "Content-Encoding"):
            response.headers.pop(name, None)
        return response
    body = b"" if request.method == "HEAD" else copy.served(gzip=gzip)
    return HttpResponse(body, content_type=copy.content_type, headers=headers)
