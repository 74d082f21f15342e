"""One line an event on standard error: JSON where machines read it, coloured text where a developer does.

Django calls configure() from django.setup(), in every process, because LOGGING_CONFIG names it. Lines hold what we wrote or what a
library said; never bodies, headers, query strings or the values of local variables.
"""

import json
import logging.config
import sys
import time
from functools import lru_cache
from typing import Any, TypedDict

import structlog
from structlog.typing import Processor

from apps.core.secret_paths import public_path

# Prepared once: json.dumps would build an encoder for every line.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=repr).encode
_quoted = lru_cache(maxsize=1024)(_encode)  # the same few again and again

log = structlog.get_logger("campanile.request")
_composes_requests = False


class Lines(TypedDict):
    """The shape of the LOGGING setting."""

    json: bool
    level: str


class _StandardError:
    """sys.stderr as it is when a line is written, not when this module was imported."""

    def write(self, text: str) -> None:
        sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def write_request(
    *,
    method: str,
    path: str,
    status: int,
    ms: float,
    bytes: int,  # noqa: A002  # the member of the line
    request_id: str,
    served_by: str,
    revision: int | None,
) -> None:
    """The line that every request leaves. As JSON it is composed here: structlog and an encoder took half the time of a cached answer."""
    if not _composes_requests:
        log.info(
            "request",
            method=method,
            path=path,
            status=status,
            ms=ms,
            bytes=bytes,
            request_id=request_id,
            served_by=served_by,
            revision=revision,
        )
        return
    sys.stderr.write(
        f'{{"method":{_quoted(method)},"path":{_quoted(path)},"status":{status},"ms":{ms!r},"bytes":{bytes},'
        f'"request_id":"{request_id}","served_by":"{served_by}","revision":{"null" if revision is None else revision},'
        f'"event":"request","level":"info","timestamp":"{_now()}"}}\n'
    )


def _now() -> str:
    """As structlog's TimeStamper writes it. To the second it is the same for many lines, and writing it anew for each took half of a line."""
    seconds, microseconds = divmod(time.time_ns() // 1000, 1_000_000)
    fraction = f".{microseconds:06}" if microseconds else ""
    return f"{_to_the_second(seconds)}{fraction}Z"


@lru_cache(maxsize=1)
def _to_the_second(timestamp: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(timestamp))


def configure(lines: Lines) -> None:
    global _composes_requests  # Django configures logging once a process
    _composes_requests = lines["json"] and logging.getLevelName(lines["level"]) <= logging.INFO
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    rendering: list[Processor] = (
        [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(lambda event, **_: _encode(event)),
        ]
        if lines["json"]
        else [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            )
        ]
    )
    structlog.configure(
        processors=[*shared, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(lines["level"])),
        logger_factory=structlog.WriteLoggerFactory(file=_StandardError()),  # type: ignore[arg-type]  # all it uses of a file
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(_standard_library(lines["level"], shared, rendering))


def _cut_secret_paths(record: logging.LogRecord) -> bool:
    """Django names the path of a request that broke, or whose form came without its token, as an argument of its message."""
    if isinstance(record.args, tuple):
        record.args = tuple(public_path(arg) if isinstance(arg, str) else arg for arg in record.args)
    return True


def _standard_library(level: str, shared: list[Processor], rendering: list[Processor]) -> dict[str, Any]:
    """The same lines for what Django, gunicorn and the libraries say."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [*shared, structlog.stdlib.add_logger_name],
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
            }
        },
        "filters": {"public_paths": {"()": lambda: _cut_secret_paths}},
        "handlers": {
            "lines": {
                "class": "logging.StreamHandler",
                "stream": _StandardError(),
                "formatter": "line",
                "filters": ["public_paths"],
            }
        },
        "root": {"handlers": ["lines"], "level": "WARNING"},
        "loggers": {
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            # Every request has its line already (apps/core/request_line.py); here only what broke.
            "django.request": {"level": "ERROR"},
            "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
            "gunicorn.error": {"handlers": [], "level": level, "propagate": True},
        },
    }
