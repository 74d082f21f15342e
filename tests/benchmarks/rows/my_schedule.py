"""Row 6: a student's week, with the token checked, against a naive DRF view.

Eight courses with three entries each are followed, half of them in one group. The peer reads enrolments, courses and entries with
select_related and prefetch_related, knows of weeks, holidays and clashes but of no exceptions and no day overrides, and serializes with a
DRF serializer; its token is simplejwt's, its user is looked up. Nothing is cached on either side. The bodies are the same to the byte.
"""

from collections.abc import Iterator

from compose.local.refusal import Refusal
from tests.benchmarks.harness.client import Load
from tests.benchmarks.harness.findings import Finding, at_least
from tests.benchmarks.harness.measuring import compare
from tests.benchmarks.harness.servers import NAIVE, OURS, Server, gunicorn, request
from tests.benchmarks.harness.stage import NAIVE_ENVIRON, Stage

PATH = "/api/v1/me/schedule/?from=2027-03-01&to=2027-03-07"
COURSES = [str(number) for number in range(8)]


def measure(stage: Stage) -> Iterator[Finding]:
    database = stage.catalogue(2000, entries=3)
    naive_database = stage.naive(database)
    tokens = (
        stage.python(database, "-m", "tests.benchmarks.student", *COURSES),
        stage.python(
            naive_database, "-m", "tests.benchmarks.peers.naive.student", *COURSES, environ=NAIVE_ENVIRON
        ),
    )
    ours_bears, naive_bears = ({"Authorization": f"Bearer {token}"} for token in tokens)
    environ = stage.environ(database)
    naive_environ = stage.environ(naive_database) | NAIVE_ENVIRON
    with gunicorn(OURS, environ, stage.folder) as ours, gunicorn(NAIVE, naive_environ, stage.folder) as naive:
        body = ours.get(PATH, ours_bears).body
        if body.count(b'"status":"scheduled"') != 20:
            raise Refusal(f"A week of 20 meetings was expected, not {body[:1000]!r}")

        def load(server: Server, bears: dict[str, str], count: int) -> Load:
            return Load(server.port, [request(PATH, headers=bears)], count, body=body)

        found = compare(
            stage.asking(ours, lambda count: load(ours, ours_bears, count)),
            stage.asking(naive, lambda count: load(naive, naive_bears, count)),
            repeat=stage.repeat,
        )
    yield at_least(6, "a student's week of 20 meetings, against naive DRF", 5, found)
