"""Rows 1 and 2: the cached public list, whole and as a 304, against an application that holds the finished answer in a variable.

Both run under the gunicorn that we ship, with its configuration. Ours looks the answer up, asks for the committed revision, writes its
log line and counts; the peer does none of it, and answers with the same bytes and the same headers.
"""

import pickle
from collections.abc import Iterator, Mapping
from contextlib import ExitStack

from compose.local.refusal import Refusal
from tests.benchmarks.harness.client import Load
from tests.benchmarks.harness.findings import Finding, at_least
from tests.benchmarks.harness.measuring import compare
from tests.benchmarks.harness.servers import BARE, OURS, Answer, Server, gunicorn, request
from tests.benchmarks.harness.stage import Stage

PATH = "/api/v1/courses/"
_OF_THE_SERVER = {"server", "date", "connection"}


def whole(stage: Stage) -> Iterator[Finding]:
    with ExitStack() as servers:
        ours, bare, answer = _both(stage, servers)

        def load(server: Server, count: int) -> Load:
            return Load(server.port, [request(PATH)], count, body=answer.body)

        found = compare(
            stage.asking(ours, lambda count: load(ours, count)),
            stage.asking(bare, lambda count: load(bare, count)),
            repeat=stage.repeat,
        )
    size = len(answer.body) / 1000
    yield at_least(1, f"cached list of 50 courses, {size:.0f} KB, against bare WSGI", 0.80, found)


def not_modified(stage: Stage) -> Iterator[Finding]:
    with ExitStack() as servers:
        ours, bare, answer = _both(stage, servers)
        conditional = {"If-None-Match": dict(answer.headers)["ETag"]}
        _same(ours.get(PATH, conditional), bare.get(PATH, conditional), status=304)

        def load(server: Server, count: int) -> Load:
            return Load(server.port, [request(PATH, headers=conditional)], count, status=304, body=b"")

        found = compare(
            stage.asking(ours, lambda count: load(ours, count)),
            stage.asking(bare, lambda count: load(bare, count)),
            repeat=stage.repeat,
        )
    yield at_least(2, "304 on the same, against a bare 304", 0.80, found)


def _both(stage: Stage, servers: ExitStack) -> tuple[Server, Server, Answer]:
    environ = stage.environ(stage.catalogue(50))
    stage.forget_cached()
    ours = servers.enter_context(gunicorn(OURS, environ, stage.folder))
    answer = ours.get(PATH)
    conditional = {"If-None-Match": dict(answer.headers)["ETag"]}
    held = bare_environ(stage, {"/": stored(answer, ours.get(PATH, conditional))})
    bare = servers.enter_context(gunicorn(BARE, environ | held, stage.folder))
    _same(answer, bare.get(PATH), status=200)
    return ours, bare, answer


Headers = list[tuple[str, str]]
Held = tuple[str, Headers, Headers, bytes]


def bare_environ(stage: Stage, answers: Mapping[str, Held]) -> dict[str, str]:
    """What the bare application needs to give these answers."""
    path = stage.folder / "answers"
    path.write_bytes(pickle.dumps(answers))
    return {"DJANGO_SETTINGS_MODULE": "tests.benchmarks.peers.no_settings", "BARE_ANSWERS": str(path)}


def stored(whole: Answer, short: Answer) -> Held:
    return dict(whole.headers)["ETag"], _own(whole), _own(short), whole.body


def _own(answer: Answer) -> Headers:
    """The headers that are the application's, with the id of some request."""
    return [(name, value) for name, value in answer.headers if name.lower() not in _OF_THE_SERVER]


def _same(ours: Answer, bare: Answer, *, status: int) -> None:
    def told(answer: Answer) -> tuple[int, list[tuple[str, str | int]], bytes]:
        headers = [
            (name, len(value) if name == "X-Request-ID" else value)
            for name, value in answer.headers
            if name.lower() != "date"
        ]
        return answer.status, headers, answer.body

    if told(ours) != told(bare) or ours.status != status:
        raise Refusal(f"The peer answers otherwise:\n{told(ours)}\n{told(bare)}"[:3000])
