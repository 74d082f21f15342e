"""COPY: the least PostgreSQL can take to write the rows of a table, with its indexes and generated columns."""

from collections.abc import Sequence
from pathlib import Path

from psycopg import sql

from tests.benchmarks.harness.measuring import Sample
from tests.benchmarks.harness.stage import Stage


def copying(stage: Stage, database: str, rows: Sequence[tuple[str, str]], *, units: int) -> Sample:
    """Copies these rows (a table and a condition) into new tables like theirs, in one transaction. Only PostgreSQL's CPU counts."""
    files = [_written(stage, database, table, condition) for table, condition in rows]
    with stage.connect(database) as connection, connection.transaction():
        for table, _, _ in files:
            name = sql.Identifier(f"copy_of_{table}")
            connection.execute(
                sql.SQL("DROP TABLE IF EXISTS {0}; CREATE TABLE {0} (LIKE {1} INCLUDING ALL)").format(
                    name, sql.Identifier(table)
                )
            )
    with stage.counting() as counted, stage.connect(database) as connection, connection.transaction():
        for table, columns, path in files:
            statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(f"copy_of_{table}"), columns)
            with connection.cursor().copy(statement) as copy, path.open("rb") as file:
                while block := file.read(1 << 17):
                    copy.write(block)
    return Sample(counted.cpu / units, counted.wall / units)


def _written(stage: Stage, database: str, table: str, condition: str) -> tuple[str, sql.Composable, Path]:
    path = stage.folder / f"{table}.copy"
    with stage.connect(database) as connection:
        names = connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND is_generated = 'NEVER'",
            [table],
        ).fetchall()
        columns = sql.SQL(", ").join(sql.Identifier(name) for (name,) in names)
        statement = sql.SQL("COPY (SELECT {} FROM {} WHERE {}) TO STDOUT").format(
            columns,
            sql.Identifier(table),
            sql.SQL(condition),
        )
        with connection.cursor().copy(statement) as copy, path.open("wb") as file:
            for block in copy:
                file.write(block)
    return table, columns, path
