"""Row 10: the worker applying single-course deliveries, and how far it falls behind while they come in as fast as they can be received.

The peer is pgbench with 8 clients, which upserts a course and its entry, all columns, from a table that holds their next versions: no
parsing, no guard, no difference, no ledger. The deliveries lie in the table when the worker is let at them, and each changes its course.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from psycopg import sql

from tests.benchmarks import cast
from tests.benchmarks.harness.client import Load
from tests.benchmarks.harness.deliveries import changes, posts
from tests.benchmarks.harness.findings import Finding, Target, at_least
from tests.benchmarks.harness.measuring import Sample, compare
from tests.benchmarks.harness.pgbench import pgbench
from tests.benchmarks.harness.progress import progress
from tests.benchmarks.harness.servers import OURS, gunicorn
from tests.benchmarks.harness.stage import Stage
from tests.benchmarks.harness.workers import wait_until_applied, worker

DELIVERIES = 1_000
INTAKE_SECONDS = 60
_INSERT = """
    INSERT INTO webhooks_delivery (public_id, source, webhook_id, sent_at, type, body, status, silenced, error, attempts, result)
    VALUES (gen_random_uuid(), %s, 'msg_' || gen_random_uuid(), now(), 'course.updated', %s, 'pending', true, '', 0, '{}')
"""


def measure(stage: Stage) -> Iterator[Finding]:
    database = stage.copy("applying", like=stage.catalogue(2000))
    environ = stage.environ(database)
    upserting = pgbench(stage, database, _upserts(stage, database), transactions=DELIVERIES)
    with worker(stage, environ) as pid:

        def applying() -> Sample:
            bodies = changes(DELIVERIES)
            with stage.connect(database) as connection:
                connection.autocommit = False
                connection.cursor().executemany(_INSERT, [(cast.SOURCE, body) for body in bodies])
                with stage.counting(pid) as counted:
                    connection.commit()
                    wait_until_applied(stage, database)
            return Sample(counted.cpu / DELIVERIES, counted.wall / DELIVERIES)

        applying()
        found = compare(applying, upserting, repeat=stage.repeat)
        yield at_least(
            10, "applying a delivery, against pgbench doing the same upsert", 0.25, found, unit="row"
        )
        rate = 1 / sorted(sample.wall for sample in found.ours)[len(found.ours) // 2]
        with gunicorn(OURS, environ, stage.folder) as server:
            behind, received = _behind(stage, database, server.port)
    yield Finding(
        row=10,
        what=f"most work waiting while {received:,.0f} deliveries a second come in",
        target=Target(2, at_least=False, unit="s"),
        values=[behind / rate],
        ours=f"{behind:,} deliveries",
    )


def _behind(stage: Stage, database: str, port: int) -> tuple[int, float]:
    """The most deliveries that ever waited, and how many came a second."""
    most, came, began = 0, 0, time.monotonic()
    with ThreadPoolExecutor(1) as pool, stage.connect(database) as connection:
        while time.monotonic() - began < INTAKE_SECONDS:
            load = Load(port, posts(changes(DELIVERIES)), DELIVERIES, status=202, connections=64)
            coming = pool.submit(stage.client.drive, load)
            while not coming.done():
                row = connection.execute(
                    "SELECT count(*) FROM webhooks_delivery WHERE status = 'pending'"
                ).fetchone()
                most = max(most, row[0] if row else 0)
                time.sleep(0.1)
            came += coming.result().count
            progress(f"{came:,} received, {most:,} waited at most", passing=True)
    return most, came / (time.monotonic() - began)


def _upserts(stage: Stage, database: str) -> str:
    """The pgbench script, once the next versions lie in tables of their own."""
    statements = ["\\set n random(0, 999)", "BEGIN;"]
    with stage.connect(database) as connection:
        for table in ("courses_course", "courses_entry"):
            columns = [
                name
                for (name,) in connection.execute(
                    "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND is_generated = 'NEVER'",
                    [table],
                )
            ]
            told = (
                "external_id"
                if table == "courses_course"
                else "(SELECT external_id FROM courses_course WHERE id = course_id)"
            )
            listed = ", ".join(f'"{name}"' for name in columns)
            connection.execute(
                sql.SQL(
                    f"CREATE TABLE next_{table} AS SELECT {listed}, {told} AS told FROM {table}; "
                    f"CREATE INDEX ON next_{table} (told); ANALYZE next_{table}"
                )
            )
            set_all = ", ".join(f'"{name}" = excluded."{name}"' for name in columns if name != "id")
            statements.append(
                f"INSERT INTO {table} ({listed}) SELECT {listed} FROM next_{table} WHERE told = 'c' || :n "
                f"ON CONFLICT (id) DO UPDATE SET {set_all};"
            )
    return "\n".join([*statements, "COMMIT;", ""])
