"""When nothing may be sent, to a platform or at all. Shared by all workers through a few rows."""

from datetime import timedelta

from django.db import connection

from apps.core.prepared import Prepared
from apps.notifications.models import Pause

# A scope of gates alone: nobody pauses it for others.
BULK = "bulk"

_EXTEND = """
    INSERT INTO notifications_pause (scope, until, why) VALUES (%(scope)s, statement_timestamp() + %(wait)s * interval '1 second', %(why)s)
    ON CONFLICT (scope) DO UPDATE SET until = greatest(notifications_pause.until, excluded.until), why = excluded.why
"""
# Asked every few milliseconds for as long as pushes are sent.
_PAUSED = Prepared(
    lambda: ("SELECT ARRAY(SELECT scope FROM notifications_pause WHERE until > statement_timestamp())", ()),
    stand_ins=({}, {}),
)


def pause(*, scope: str, wait: timedelta, why: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_EXTEND, {"scope": scope, "wait": wait.total_seconds(), "why": why})


def scopes_paused() -> set[str]:
    row = _PAUSED.row()
    return set(row[0]) if row else set()


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
        return not self._closed or self._closed.isdisjoint((*scopes, Pause.EVERYTHING))
