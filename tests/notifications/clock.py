"""A clock the tests set, by which Python and PostgreSQL go."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

BELGRADE = ZoneInfo("Europe/Belgrade")
# Found before PostgreSQL's own, on this connection and until its transaction ends. Defaults of columns keep to the real time.
_OWN_CLOCK = """
    CREATE SCHEMA clock;
    CREATE FUNCTION clock.statement_timestamp() RETURNS timestamptz STABLE LANGUAGE sql
    AS $$ SELECT current_setting('clock.now')::timestamptz $$;
    SET LOCAL search_path = clock, public, pg_catalog;
"""


class Clock:
    def __init__(self, time_machine: Any) -> None:
        self._machine = time_machine
        with connection.cursor() as cursor:
            cursor.execute(_OWN_CLOCK)

    def move(self, moment: str) -> None:
        """Without an offset it is of Belgrade."""
        now = datetime.fromisoformat(moment)
        now = now if now.tzinfo else now.replace(tzinfo=BELGRADE)
        self._machine.move_to(now, tick=False)
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('clock.now', %s, true)", [now.isoformat()])
