"""Bytes out, no serializer: the answer to a GET whose body belongs to a committed revision."""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from apps.core.bytes_cache import bytes_cache
from apps.core.conditional import accepts_gzip, not_modified, precondition_failed
from apps.core.copies import Copy, Rendered
from apps.core.errors import problem
from apps.core.revision import CommittedRevision

# Where the outermost layer (apps/core/hits.py) finds the copy that was served, when it may serve it again.
SERVED_COPY = "campanile.copy"
REVISION = "Campanile-Revision"


def cached_response(
    request: HttpRequest | Request,
    *,
    key: str,
    lifetime: int,
    render: Callable[[], Rendered],
    revision: CommittedRevision,
) -> HttpResponse:
    """Render at most once per key and revision; answer conditionally.

    `key` names everything of the request the body depends on, except the host, which is added here because bodies hold absolute
    links. It also names the format: change it when the same revision would be rendered differently. `lifetime` is in seconds.
    Nothing is cached inside a transaction, where the revision seen may yet be rolled back.
    """
    shared = settings.CATALOGUE_PUBLIC and not request.META.get("HTTP_COOKIE")
    gzip = accepts_gzip(request.META.get("HTTP_ACCEPT_ENCODING", ""))
    if connection.in_atomic_block:
        copy, shared = Copy.of(render()).including(gzip=gzip), False
    else:
        whole_key = f"{request.scheme}://{request.get_host()} {key}"
        patient = shared and not wants_fresh(request.META)
        known = revision.current() if patient else revision.fresh()
        held = bytes_cache.get(whole_key, known)
        copy = (held or Copy.of(render())).including(gzip=gzip)
        if copy is not held:
            bytes_cache.put(whole_key, copy, lifetime=lifetime)
    if shared:
        request.META[SERVED_COPY] = copy
    return _answer(request, copy, gzip=gzip, shared=shared)


def wants_fresh(environ: Mapping[str, Any]) -> bool:
    return "no-" in environ.get("HTTP_CACHE_CONTROL", "") or "HTTP_PRAGMA" in environ


def _answer(request: HttpRequest | Request, copy: Copy, *, gzip: bool, shared: bool) -> HttpResponse:
    zipped = copy.zipped if gzip else None
    # The same content in another coding is equivalent, not identical: a weak tag (RFC 9110, section 8.8.1).
    etag = f'W/"{copy.tag}"' if zipped else f'"{copy.tag}"'
    headers = {
        "ETag": etag,
        "Cache-Control": "public, no-cache" if shared else "private, no-cache",
        "X-Accel-Expires": "1" if shared else "0",
        "Vary": "Accept-Encoding",
        REVISION: str(copy.revision),
    }
    if precondition_failed(request.META.get("HTTP_IF_MATCH"), etag):
        return problem(412)
    if not_modified(request.META.get("HTTP_IF_NONE_MATCH"), etag):
        response = HttpResponse(status=304, headers=headers)
        del response["Content-Type"]
        return response
    body = zipped or copy.body
    if zipped:
        headers["Content-Encoding"] = "gzip"
    headers["Content-Length"] = str(len(body))
    return HttpResponse(
        b"" if request.method == "HEAD" else body, content_type=copy.content_type, headers=headers
    )
