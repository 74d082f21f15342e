"""Misconfiguration of what apps/core stands on, named before the first request."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.utils.module_loading import import_string

from apps.core.bytes_cache import ALIAS

LONGEST_WAIT_SECONDS = 0.3
SHORTEST_TOKEN = 24


@register()
def caches_are_never_in_the_way(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    return [fault for alias in ("default", ALIAS) for fault in _of_cache(alias)]


def _of_cache(alias: str) -> Iterator[CheckMessage]:
    options = settings.CACHES.get(alias, {}).get("OPTIONS", {})
    for name in ("SOCKET_TIMEOUT", "SOCKET_CONNECT_TIMEOUT"):
        if not 0 < options.get(name, 0) <= LONGEST_WAIT_SECONDS:
            yield Error(
                f"CACHES[{alias!r}]: {name} is not between 0 and {LONGEST_WAIT_SECONDS} s.",
                hint="A frozen Redis would hold every request for that long.",
                id="core.E001",
            )
    retry = options.get("CONNECTION_POOL_KWARGS", {}).get("retry")
    if retry is None or retry.get_retries() != 0:
        yield Error(
            f"CACHES[{alias!r}]: retries are not off.",
            hint='"CONNECTION_POOL_KWARGS": {"retry": Retry(NoBackoff(), 0)}; redis-py by itself tries for seconds.',
            id="core.E002",
        )


@register()
def dotted_paths_lead_somewhere(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    named = [
        (f"{setting}[{name!r}]", path)
        for setting in ("READINESS_CHECKS", "METRICS_COLLECTORS")
        for name, path in getattr(settings, setting).items()
    ]
    return _leading_nowhere([*named, *(("SCHEDULE", path) for path in settings.SCHEDULE)])


@register()
def lanes_lead_somewhere(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Not for web processes: it loads all that the lanes need."""
    return _leading_nowhere((f"WORKER_LANES[{name!r}]", path) for name, path in settings.WORKER_LANES.items())


def _leading_nowhere(named: Iterable[tuple[str, str]]) -> list[CheckMessage]:
    faults: list[CheckMessage] = []
    for where, path in named:
        try:
            import_string(path)
        except ImportError as error:
            faults.append(
                Error(
                    f"{where} names {path}, which cannot be imported: {error}",
                    hint="The worker will not start, readiness will say that it failed, or metrics will be missing.",
                    id="core.E003",
                )
            )
    return faults


@register()
def metrics_token_cannot_be_guessed(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if 0 < len(settings.METRICS_TOKEN) < SHORTEST_TOKEN:
        return [
            Error(
                f"METRICS_TOKEN has under {SHORTEST_TOKEN} characters.",
                hint="Make one: python3 -c 'import secrets; print(secrets.token_urlsafe())'. Leave it unset for loopback only.",
                id="core.E004",
            )
        ]
    return []
