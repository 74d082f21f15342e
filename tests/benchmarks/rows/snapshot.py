"""Row 8: a whole faculty as catalogue.snapshot: 10,000 courses with 80,000 entries in eight pages, from the first byte of the first request
until the last page is committed, with validation, documents, search texts and ledger.

The peer is COPY of the rows of the three largest tables that came of it by then, into tables with the same indexes and generated columns, of
which only PostgreSQL's CPU counts. The other peer is update_or_create of the naive models, a row at a time, measured on a hundredth of it.
All new, then every course changed, then sent again with nothing changed.
"""

from collections.abc import Iterator

from tests.benchmarks import cast
from tests.benchmarks.harness.client import Load
from tests.benchmarks.harness.copying import copying
from tests.benchmarks.harness.deliveries import event, post
from tests.benchmarks.harness.drivers import driver
from tests.benchmarks.harness.findings import Finding, at_least
from tests.benchmarks.harness.measuring import Sample, compare_all
from tests.benchmarks.harness.servers import OURS, gunicorn
from tests.benchmarks.harness.stage import NAIVE_ENVIRON, Stage
from tests.benchmarks.harness.workers import wait_until_applied, worker

COURSES, ENTRIES, PAGES = 10_000, 8, 8
STATES = (("all new", 0.20, "Raf20"), ("all changed", 0.12, "Raf21"), ("nothing changed", 0.25, "Raf21"))
_LARGEST = """
    SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^courses_' ORDER BY pg_table_size(oid) DESC LIMIT 3
"""


def measure(stage: Stage) -> Iterator[Finding]:
    empty = stage.database(
        "only_a_term",
        like=stage.migrated(),
        fill=lambda: stage.python("only_a_term", "-m", "tests.benchmarks.filling", "courses", "0", "0"),
    )
    found = compare_all(lambda: _once(stage, empty), repeat=stage.repeat)
    for state, target, _ in STATES:
        yield at_least(
            8, f"snapshot of {COURSES:,} courses, {state}, against COPY", target, found[state], unit="course"
        )
    yield at_least(
        8, "snapshot, all new, against update_or_create", 15, found["update_or_create"], unit="course"
    )


def _once(stage: Stage, empty: str) -> dict[str, tuple[Sample, Sample]]:
    database = stage.copy("snapshot", like=empty)
    # Whom it concerns is looked up later, so that it is counted on neither side.
    environ = stage.environ(database) | {"SETTLE_SECONDS": "3600"}
    with gunicorn(OURS, environ, stage.folder) as server, worker(stage, environ) as pid:
        found = {
            state: (
                _sent(stage, database, server.port, (server.pid, pid), state, room),
                _copied(stage, database),
            )
            for state, _, room in STATES
        }
    return found | {"update_or_create": (found["all new"][0], _updated_or_created(stage))}


def _copied(stage: Stage, database: str) -> Sample:
    with stage.connect(database) as connection:
        tables = [(name, "true") for (name,) in connection.execute(_LARGEST)]
    return copying(stage, database, tables, units=COURSES)


def _sent(stage: Stage, database: str, port: int, pids: tuple[int, int], state: str, room: str) -> Sample:
    courses = list(cast.courses(COURSES, entries=ENTRIES, room=room))
    size = len(courses) // PAGES
    requests = [
        post(
            event(
                "catalogue.snapshot",
                {
                    "snapshot_id": state,
                    "term": cast.TERM,
                    "page": page + 1,
                    "pages": PAGES,
                    "courses": courses[page * size : (page + 1) * size],
                },
            )
        )
        for page in range(PAGES)
    ]
    with stage.counting(*pids) as counted:
        stage.client.drive(Load(port, requests, PAGES, status=202, connections=1))
        wait_until_applied(stage, database)
    return Sample(counted.cpu / COURSES, counted.wall / COURSES)


def _updated_or_created(stage: Stage) -> Sample:
    database = stage.copy("naive_snapshot", like=stage.naive(stage.catalogue(50)))
    count = COURSES // 100
    with driver(
        "tests.benchmarks.peers.naive.upserting", stage.environ(database) | NAIVE_ENVIRON, stage.folder
    ) as naive:
        naive.tell(f"10 {ENTRIES}")
        with stage.counting(naive.pid) as counted:
            naive.tell(f"{count} {ENTRIES}")
    return Sample(counted.cpu / count, counted.wall / count)
