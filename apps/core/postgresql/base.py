"""Django's PostgreSQL backend, with fewer round trips and less planning for what is asked all the time."""

import select
import time
from collections.abc import Mapping, Sequence
from typing import Any, cast

import psycopg
from django.db.backends.postgresql import base, operations
from django.db.backends.utils import CursorWrapper

# How long a connection that answered is believed to be there as long as nothing tells otherwise.
BELIEVED_SECONDS = 1.0


class DatabaseOperations(operations.DatabaseOperations):
    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:
        """For the log of statements: a cursor that prepares keeps none with the values in it."""
        if isinstance(cursor, base.ServerBindingCursor):
            return str(self.compose_sql(sql, params))
        return super().last_executed_query(cursor, sql, params)


class DatabaseWrapper(base.DatabaseWrapper):
    ops_class = DatabaseOperations
    health_check_done: bool  # Django's, which the stubs leave out, as the next
    health_check_enabled: bool
    _answered_at = float("-inf")
    _kept_cursor: psycopg.Cursor[Any] | None = None

    def close_if_health_check_failed(self) -> None:
        """Called before the first statement of a request, where Django asks SELECT 1 every time.

        A server that went away has ended the connection, and the kernel tells that without asking anybody. Only an end without a
        word, such as a cable that was cut, has to be asked about, and that not more often than every BELIEVED_SECONDS.
        """
        if self.connection is None or self.health_check_done or not self.health_check_enabled:
            return
        now = time.monotonic()
        if now - self._answered_at < BELIEVED_SECONDS and self._is_silent():
            self.health_check_done = True
            return
        super().close_if_health_check_failed()
        self._answered_at = now

    def _is_silent(self) -> bool:
        """Whether the server has sent nothing since its last answer: no end, nor the message that announces one."""
        if self.connection.closed:
            return False
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        return not poll.poll(0)

    def preparing_cursor(self) -> CursorWrapper:
        """A cursor whose statements PostgreSQL plans once a connection, as values are sent beside them (see prepare_threshold)."""
        self.close_if_health_check_failed()
        self.ensure_connection()
        cursor: Any = base.ServerBindingCursor(self.connection)  # type: ignore[call-arg]  # psycopg's, of which the stubs know nothing
        return self.make_debug_cursor(cursor) if self.queries_logged else self.make_cursor(cursor)

    def kept_cursor(self) -> psycopg.Cursor[Any]:
        """psycopg's own, for a statement whose rows are read before the next: Django's write values into its text, bytes in hexadecimal.

        It is the same as long as the connection, with what it has learned of types. To make one took two fifths of executing a statement.
        """
        self.close_if_health_check_failed()
        self.ensure_connection()
        if self._kept_cursor is None or self._kept_cursor.connection is not self.connection:
            self._kept_cursor = psycopg.Cursor(self.connection)
        return self._kept_cursor

    def ask_prepared(
        self, statement: bytes, values: Sequence[Any] | Mapping[str, Any]
    ) -> psycopg.Cursor[Any]:
        """The kept cursor with the rows of a statement that PostgreSQL plans once a connection; one of Django's made for each was two fifths of asking.

        While statements are logged it is one of Django's, which logs it.
        """
        if self.queries_logged:
            logging = self.preparing_cursor()
            logging.execute(statement.decode(), values)
            return cast("psycopg.Cursor[Any]", logging)
        with self.wrap_database_errors:
            return self.kept_cursor().execute(statement, values, prepare=True)
