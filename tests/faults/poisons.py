"""Events whose handlers never succeed, each in its own way."""

import os
from collections.abc import Callable
from datetime import datetime

from django.db import connection
from typing_extensions import TypedDict

from apps.courses.ledger import Origin, Outcome, begin
from apps.courses.models.sourced import Json
from apps.courses.shapes import Shape
from apps.webhooks.handlers import Handler


class Anything(TypedDict):
    """Takes any object."""


def _handler(spoil: Callable[[], object]) -> Handler:
    """Fails in the middle of a write, with the revision's lock held."""

    def apply(document: Json, happened_at: datetime, origin: Origin) -> Outcome:
        writer = begin(origin)
        writer.record([])
        spoil()
        return writer.finish()

    return Handler(Shape(Anything), apply)


def _raise() -> None:
    raise ZeroDivisionError("a bug in this handler")


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


POISONS = {
    "test.raises": _handler(_raise),
    "test.kills": _handler(lambda: os._exit(9)),
    "test.times_out": _handler(lambda: _execute("SET LOCAL statement_timeout = 20; SELECT pg_sleep(5)")),
    "test.hangs_up": _handler(lambda: _execute("SELECT pg_terminate_backend(pg_backend_pid())")),
}
