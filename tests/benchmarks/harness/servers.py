"""gunicorn for us and for our peers: the one we ship, with the configuration we ship."""

import http.client
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from compose.local import ports
from compose.local.child import Child
from compose.local.environment import ROOT
from compose.local.program import Program
from compose.local.refusal import Refusal

OURS = "config.wsgi:application"
BARE = "tests.benchmarks.peers.bare:application"
NAIVE = "tests.benchmarks.peers.naive.wsgi:application"
SHIPPED = ("-c", "config/gunicorn.py")
PLAIN = ("--worker-class", "gthread", "--workers", "2", "--threads", "4", "--no-control-socket")
HEADERS = {"Host": "campanile.example", "X-Forwarded-Proto": "https"}
"""As nginx passes requests on."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes


@dataclass(frozen=True, slots=True)
class Server:
    port: int
    pid: int

    def get(self, path: str, headers: Mapping[str, str] = {}) -> Answer:
        connection = http.client.HTTPConnection(ports.LOOPBACK, self.port, timeout=60)
        try:
            connection.request("GET", path, headers={**HEADERS, **headers})
            answer = connection.getresponse()
            return Answer(answer.status, answer.getheaders(), answer.read())
        finally:
            connection.close()


@contextmanager
def gunicorn(
    application: str, environ: Mapping[str, str], run_dir: Path, *, arguments: tuple[str, ...] = SHIPPED
) -> Iterator[Server]:
    """Until the block ends. Its log lines go to a file, as a service manager would take them."""
    port = ports.any_free()
    name = f"{application.partition(':')[0]}-{port}"
    program = Program(
        name=name,
        argv=[
            sys.executable,
            "-m",
            "gunicorn",
            *arguments,
            "--bind",
            f"{ports.LOOPBACK}:{port}",
            application,
        ],
        environ=environ,
        cwd=ROOT,
        output=run_dir / f"{name}.log",
    )
    child = Child(program, run_dir)
    try:
        child.start()
        assert child.process is not None
        server = Server(port, child.process.pid)
        _wait(server, child, run_dir / f"{name}.log")
        yield server
    finally:
        child.stop()


def _wait(server: Server, child: Child, log: Path) -> None:
    deadline = time.monotonic() + 60
    while child.is_running() and time.monotonic() < deadline:
        try:
            status = server.get("/").status
        except OSError:
            time.sleep(0.005)
        else:
            if status < 500:
                return
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
    raise Refusal(f"{child.program.name} does not serve. The end of what it said:\n{tail}")


def request(path: str, *, host: str = HEADERS["Host"], headers: Mapping[str, str] = {}) -> bytes:
    """A GET as bytes, for a Load."""
    lines = {**HEADERS, "Host": host, "User-Agent": "bench", "Accept": "application/json", **headers}
    return "\r\n".join(
        [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in lines.items()), "", ""]
    ).encode()
