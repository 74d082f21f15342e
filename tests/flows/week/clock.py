"""One clock for Python and for PostgreSQL, which stands still until it is moved."""

from datetime import datetime

from django.db import connection
from time_machine import Traveller

_SIMULATED = """
    CREATE SCHEMA simulated;
    CREATE FUNCTION simulated.statement_timestamp() RETURNS timestamptz STABLE LANGUAGE sql
        AS $$ SELECT current_setting('simulated.now')::timestamptz $$;
    CREATE FUNCTION simulated.clock_timestamp() RETURNS timestamptz STABLE LANGUAGE sql
        AS $$ SELECT simulated.statement_timestamp() $$;
    CREATE FUNCTION simulated.now() RETURNS timestamptz STABLE LANGUAGE sql
        AS $$ SELECT simulated.statement_timestamp() $$;
    DO $$
    DECLARE col record;
    BEGIN
        FOR col IN
            SELECT adrelid::regclass AS name, attname FROM pg_attrdef
            JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum
            WHERE pg_get_expr(adbin, adrelid) = 'statement_timestamp()'
        LOOP
            EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT simulated.statement_timestamp()', col.name, col.attname);
        END LOOP;
    END $$;
    SET LOCAL search_path = simulated, pg_catalog, public;
"""


class Clock:
    """In the test's transaction, and gone with it: functions of the same name stand before PostgreSQL's own, also in defaults."""

    def __init__(self, python: Traveller) -> None:
        self._python = python
        with connection.cursor() as cursor:
            cursor.execute(_SIMULATED)

    def move_to(self, moment: datetime) -> None:
        self._python.move_to(moment, tick=False)
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('simulated.now', %s, true)", [moment.isoformat()])
