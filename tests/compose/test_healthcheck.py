"""The health check runs as Docker runs it: a process of its own, beside a server on a real socket."""

import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "compose" / "healthcheck.py"


class Web(BaseHTTPRequestHandler):
    """Answers as Django does: only to hosts that are allowed."""

    def do_GET(self) -> None:
        known = (self.path, self.headers["Host"]) in {
            ("/health/", "campanile.example"),
            ("/health/", "localhost"),
        }
        self.send_response(200 if known else 400)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Web) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def status(port: int, **environ: str) -> int:
    environ |= {"BIND": f"0.0.0.0:{port}", "PATH": os.environ["PATH"]}
    return subprocess.run([sys.executable, "-S", SCRIPT], env=environ, check=False, timeout=20).returncode


@pytest.mark.parametrize("hosts", ["campanile.example,other.example", " .campanile.example", "*", ""])
def test_it_asks_as_a_host_that_is_allowed(port: int, hosts: str) -> None:
    assert status(port, ALLOWED_HOSTS=hosts) == 0


def test_any_other_answer_than_200_is_ill(port: int) -> None:
    assert status(port, ALLOWED_HOSTS="unknown.example") == 1


def test_a_server_that_is_away_is_ill(port: int) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Web) as gone:
        unused = gone.server_address[1]
    assert status(unused) == 1
