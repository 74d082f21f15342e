"""What Prometheus asks: counted in every web process, added up across them when asked.

Under gunicorn the processes share files in PROMETHEUS_MULTIPROC_DIR, which config/gunicorn.py sets before this module is imported;
elsewhere (runserver, tests) it is one process and its own memory.
"""

import hmac
import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from django.conf import settings
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector

PATH = "/metrics"
CONTENT_TYPE = CONTENT_TYPE_LATEST
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

_requests = Counter("campanile_requests", "Answers given.", ["method", "status", "served_by"])
_seconds = Histogram(
    "campanile_request_seconds",
    "Time to an answer.",
    ["served_by"],
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
_counter = cache(_requests.labels)  # a handful of combinations, looked up once each
_histogram = cache(_seconds.labels)


def count(*, method: str, status: str, served_by: str, seconds: float) -> None:
    _counter(method if method in METHODS else "other", status, served_by).inc()
    _histogram(served_by).observe(seconds)


def may_read(environ: Mapping[str, Any]) -> bool:
    """Not public: with METRICS_TOKEN set, whoever bears it; without, a process on this machine that no proxy speaks for."""
    if token := settings.METRICS_TOKEN:
        return hmac.compare_digest(environ.get("HTTP_AUTHORIZATION", "").encode(), f"Bearer {token}".encode())
    proxied = any(name in environ for name in ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP"))
    return environ.get("REMOTE_ADDR") in ("127.0.0.1", "::1") and not proxied


def exposition() -> bytes:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library's own omission
    return generate_latest(registry)
