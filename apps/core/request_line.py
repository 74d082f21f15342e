"""The one line every request leaves in the log, and its count in the metrics."""

import random
import re
import time
from collections.abc import Mapping
from typing import Any

from apps.core import metrics
from apps.core.cached_response import SERVED_COPY
from apps.core.logging import write_request
from apps.core.secret_paths import public_path

_SANE = re.compile(r"[A-Za-z0-9._-]{1,64}")


def request_id(environ: Mapping[str, Any]) -> str:
    """The caller's X-Request-ID when it is one, else a new one of 16 hexadecimal digits."""
    given = environ.get("HTTP_X_REQUEST_ID")
    return given if given and _SANE.fullmatch(given) else f"{random.getrandbits(64):016x}"


class RequestLine:
    """Begun when the request comes, written once when its answer is out."""

    __slots__ = ("_started", "environ", "id", "length", "served_by", "status")

    def __init__(self, environ: Mapping[str, Any]) -> None:
        self._started = time.perf_counter()
        self.environ = environ
        self.id = request_id(environ)
        self.served_by = "django"
        self.status = "500"
        self.length = 0

    def write(self, *, revision: int | None = None) -> None:
        seconds = time.perf_counter() - self._started
        environ = self.environ
        if revision is None and (copy := environ.get(SERVED_COPY)):
            revision = copy.revision
        method = environ["REQUEST_METHOD"]
        metrics.count(method=method, status=self.status, served_by=self.served_by, seconds=seconds)
        write_request(
            method=method,
            path=public_path(environ.get("PATH_INFO", "")),
            status=int(self.status),
            ms=round(seconds * 1000, 3),
            bytes=self.length,
            request_id=self.id,
            served_by=self.served_by,
            revision=revision,
        )
