"""Row 15: from the start of gunicorn to its first answer with 200, against gunicorn with an application that imports nothing.

Ours has then read its settings, run Django's checks, loaded all apps and asked the database. CPU of all processes of the server.
"""

import time
from collections.abc import Iterator

from tests.benchmarks.harness.cpu import spent
from tests.benchmarks.harness.findings import Finding, at_most
from tests.benchmarks.harness.measuring import Sample, compare
from tests.benchmarks.harness.servers import BARE, OURS, PLAIN, SHIPPED, gunicorn
from tests.benchmarks.harness.stage import Stage
from tests.benchmarks.rows.cached_list import bare_environ


def measure(stage: Stage) -> Iterator[Finding]:
    environ = stage.environ(stage.catalogue(50))
    bare = environ | bare_environ(stage, {"/": ("", [("Content-Length", "0")], [], b"")})

    def started(application: str, environ: dict[str, str], arguments: tuple[str, ...]) -> Sample:
        began = time.perf_counter()
        with gunicorn(application, environ, stage.folder, arguments=arguments) as server:
            return Sample(spent([server.pid]), time.perf_counter() - began)

    found = compare(
        lambda: started(OURS, environ, SHIPPED), lambda: started(BARE, bare, PLAIN), repeat=stage.repeat
    )
    yield at_most(15, "start to the first 200, against bare gunicorn", 7, found, unit="start")
