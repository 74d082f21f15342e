"""When nothing may be sent, to a platform or at all. Shared by all workers through a few rows."""

from datetime import timedelta

from django.db import connection

from apps.notifications.models import Pause

# A scope of gates alone: nobody pauses it for others.
BULK = "bulk"

_EXTEND = """
    INSERT INTO notifications_pause (scope, until, why) VALUES (%(scope)s, statement_timestamp() + %(wait)s * interval '1 second', %(why)s)
    ON CONFLICT (scope) DO UPDATE SET until = greatest(notifications_pause.until, excluded.until), why = excluded.why
"""


def pause(*, scope: str, wait: timedelta, why: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_EXTEND, {"scope": scope, "wait": wait.total_seconds(), "why": why})


def scopes_paused() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT scope FROM notifications_pause WHERE until > statement_timestamp()")
        return {scope for (scope,) in cursor.fetchall()}


class Gate:
    """Asked before each sending starts; closed by an answer that refuses, at once, and by other workers' rows soon after."""

    def __init__(self) -> None:
        self._closed: set[str] = set()
        self.refused = False

    def refuse(self, scope: str) -> None:
        self.close(scope)
        self.refused = True

    def close(self, *scopes: str) -> None:
        self._closed.update(scopes)

    def is_open(self, *scopes: str) -> bool:
        return self._closed.isdisjoint({*scopes, Pause.EVERYTHING})
