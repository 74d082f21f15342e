"""Row 9: a delivery received, verified, parsed and stored durably, over HTTP with 64 connections.

Against a DRF view that stores the parsed body with the ORM and verifies nothing, under the same gunicorn; and against pgbench, which writes
the same row with a prepared statement and no HTTP. Every commit waits for the disk on all sides.
"""

from collections.abc import Callable, Iterator

from tests.benchmarks.harness.client import Load
from tests.benchmarks.harness.deliveries import changes, posts
from tests.benchmarks.harness.findings import Finding, at_least
from tests.benchmarks.harness.measuring import Sample, compare
from tests.benchmarks.harness.pgbench import pgbench
from tests.benchmarks.harness.servers import NAIVE, OURS, Server, gunicorn
from tests.benchmarks.harness.stage import NAIVE_ENVIRON, Stage

CONNECTIONS = 64
EACH = 20  # requests at the least over each of them, so that opening them does not count
INSERTS = 2_000
_INSERT = """\
\\set n random(1, 9223372036854775807)
INSERT INTO webhooks_delivery (public_id, source, webhook_id, sent_at, type, body, status, silenced, error, attempts, result)
VALUES (gen_random_uuid(), 'course-service', 'msg_' || :n, now(), 'course.updated', '\\x{body}'::bytea, 'pending', false, '', 0, '{{}}');
"""


def measure(stage: Stage) -> Iterator[Finding]:
    catalogue = stage.catalogue(2000)
    database = stage.copy("intake", like=catalogue)
    naive_database = stage.copy("naive_intake", like=stage.naive(catalogue))
    environ = stage.environ(database)
    naive_environ = stage.environ(naive_database) | NAIVE_ENVIRON

    def receiving(server: Server) -> Callable[[], Sample]:
        def load(count: int) -> Load:
            return Load(server.port, posts(changes(count)), count, status=202, connections=CONNECTIONS)

        return stage.asking(server, load, least=EACH * CONNECTIONS)

    with gunicorn(OURS, environ, stage.folder) as ours, gunicorn(NAIVE, naive_environ, stage.folder) as naive:
        found = compare(receiving(ours), receiving(naive), repeat=stage.repeat)
        yield at_least(9, "webhook intake, against naive DRF and ORM that only store", 2, found)
        script = _INSERT.format(body=changes(1)[0].hex())
        found = compare(
            receiving(ours), pgbench(stage, database, script, transactions=INSERTS), repeat=stage.repeat
        )
        yield at_least(9, "webhook intake, against pgbench inserting the same row", 0.12, found)
