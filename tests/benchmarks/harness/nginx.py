"""nginx with the configuration we ship, in a folder of its own and in front of a server of ours.

What is changed: where it listens (plain HTTP on a free port, as who asks here speaks no TLS), where it finds the application, and the
folders it writes to. It says that the request came over TLS, as it does in production.
"""

import os
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from compose.local import ports
from compose.local.child import Child
from compose.local.environment import ROOT
from compose.local.program import Program
from compose.local.refusal import Refusal
from tests.benchmarks.harness.servers import Server

SHIPPED = ROOT / "compose" / "prod" / "nginx"


def installed() -> bool:
    return _program() is not None


@contextmanager
def nginx(server: Server, folder: Path) -> Iterator[Server]:
    port = ports.any_free()
    home = folder / f"nginx-{port}"
    _lay(home, port, server.port)
    binary = _program()
    assert binary
    program = Program(
        name=f"nginx-{port}",
        argv=[binary, "-p", str(home), "-c", str(home / "nginx.conf"), "-g", "daemon off;"],
        output=home / "log",
    )
    child = Child(program, folder)
    try:
        child.start()
        assert child.process is not None
        _wait(port, child, home / "log")
        yield Server(port, child.process.pid)
    finally:
        child.stop()


def _program() -> str | None:
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def _lay(home: Path, port: int, web: int) -> None:
    home.mkdir()
    for path in SHIPPED.glob("*.conf"):
        text = path.read_text().replace("/tmp/", f"{home}/").replace("/dev/stdout", f"{home}/access.log")
        (home / path.name).write_text(text.replace("X-Forwarded-Proto $scheme", "X-Forwarded-Proto https"))
    (home / "listen.conf").write_text(f"listen 127.0.0.1:{port};\n")
    (home / "tls.conf").write_text("")
    kept = (SHIPPED / "upstream.conf").read_text()
    upstream = kept[kept.index("upstream web") :].replace(
        "server web:8000 resolve max_fails=0;", f"server 127.0.0.1:{web} max_fails=0;"
    )
    (home / "upstream.conf").write_text(upstream)
    if os.geteuid() == 0:  # its workers would become nobody, who may not enter our folder
        main = home / "nginx.conf"
        main.write_text(f"user root;\n{main.read_text()}")


def _wait(port: int, child: Child, log: Path) -> None:
    deadline = time.monotonic() + 20
    while child.is_running() and time.monotonic() < deadline:
        try:
            socket.create_connection((ports.LOOPBACK, port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise Refusal(f"nginx does not serve:\n{log.read_text(errors='replace')[-2000:]}")
