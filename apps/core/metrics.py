"""What Prometheus asks: counted in every web process, added up across them when asked.

Under gunicorn the processes share files in PROMETHEUS_MULTIPROC_DIR, which config/gunicorn.py sets before this module is imported;
elsewhere (runserver, tests) it is one process and its own memory. What only the database knows is asked when Prometheus asks: apps name
functions for it in METRICS_COLLECTORS, so that nothing here knows of their domains.
"""

import hmac
import os
import time
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import structlog
from django.conf import settings
from django.utils.module_loading import import_string
from prometheus_client import REGISTRY, CollectorRegistry, Histogram, generate_latest, values
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector

from apps.core.bounded_call import BoundedCall
from apps.core.process_id import process_id

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = 2.0
PATH = "/metrics"
CONTENT_TYPE = CONTENT_TYPE_LATEST
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
    # Every count asks which process it is in. Of what counting a cached answer took, asking the kernel was a quarter.
    values.ValueClass = values.MultiProcessValue(process_id)  # type: ignore[no-untyped-call]  # the library's own omission

# Its count is that of the requests: a counter beside it would cost each of them a third more.
_seconds = Histogram(
    "campanile_request_seconds",
    "Time to an answer.",
    ["method", "status", "served_by"],
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)


@cache
def _observe(method: str, status: str, served_by: str) -> Callable[[float], None]:
    """A handful of combinations, looked up once each."""
    return _seconds.labels(method, status, served_by).observe


def count(*, method: str, status: str, served_by: str, seconds: float) -> None:
    _observe(method if method in METHODS else "other", status, served_by)(seconds)


def may_read(environ: Mapping[str, Any]) -> bool:
    """Not public: with METRICS_TOKEN set, whoever bears it; without, a process on this machine that no proxy speaks for."""
    if token := settings.METRICS_TOKEN:
        return hmac.compare_digest(environ.get("HTTP_AUTHORIZATION", "").encode(), f"Bearer {token}".encode())
    proxied = any(name in environ for name in ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP"))
    return environ.get("REMOTE_ADDR") in ("127.0.0.1", "::1") and not proxied


def exposition() -> bytes:
    return generate_latest(_counted()) + generate_latest(_Collected())


def _counted() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library's own omission
    return registry


class _Collected(CollectorRegistry):
    """What the METRICS_COLLECTORS say now. One that fails or hangs is left out, and its `up` is 0."""

    def collect(self) -> Iterator[Metric]:
        deadline = time.monotonic() + PATIENCE_SECONDS
        calls = {
            name: BoundedCall.begin(path, lambda path=path: list(import_string(path)()))  # type: ignore[misc]  # a bound default
            for name, path in settings.METRICS_COLLECTORS.items()
        }
        up = GaugeMetricFamily(
            "campanile_collector_up", "Whether what the database knows could be asked.", labels=["collector"]
        )
        for name, call in calls.items():
            try:
                yield from call.outcome(deadline=deadline)
                up.add_metric([name], 1)
            except Exception:
                log.warning("metrics collector failed", collector=name, exc_info=True)
                up.add_metric([name], 0)
        yield up
