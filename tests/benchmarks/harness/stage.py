"""What every row stands on: servers of its own in a temporary folder, and databases made once and kept for the run."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import redis
from psycopg import sql

from compose.local.check import production_environment
from compose.local.environment import ROOT
from compose.local.refusal import Refusal
from compose.local.services import Services
from tests.benchmarks.harness.client import Client, Load
from tests.benchmarks.harness.cpu import spent, united_cores
from tests.benchmarks.harness.measuring import Sample
from tests.benchmarks.harness.multiplying import multiply
from tests.benchmarks.harness.progress import progress
from tests.benchmarks.harness.servers import Server

SAMPLE_SECONDS = 0.7
_TRIAL = 32
MIGRATED = "migrated"
LARGEST_WRITTEN = 2_000
NAIVE_ENVIRON = {"DJANGO_SETTINGS_MODULE": "tests.benchmarks.peers.naive.settings"}


@dataclass
class Stage:
    """`repeat` is how often each side of a comparison is measured."""

    folder: Path
    services: Services
    client: Client
    repeat: int
    _made: set[str] = field(default_factory=set)

    def environ(self, database: str) -> dict[str, str]:
        """Of production, in front of this database."""
        settled = {
            name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")
        }
        settled |= production_environment(self.services, self.folder)
        settled |= {
            "DATABASE_URL": self.url(database),
            "ALLOWED_HOSTS": ".campanile.example",
            "STATIC_ROOT": str(self.folder / "static"),
            "SECRET_KEY": "a-key-that-guards-nothing-but-benchmarks",
            "TOKEN_KEYS": "another-that-guards-nothing-but-benchmarks",
            "WEBHOOK_SECRETS": '{"course-service": ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="]}',
            "PYTHONPATH": str(ROOT),
            "DELETION_LIMIT": "100",
        }
        return settled

    def url(self, database: str) -> str:
        return self.services.database_url.rpartition("/")[0] + f"/{database}"

    def connect(self, database: str) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url(database), autocommit=True)

    def python(self, database: str, *arguments: str, environ: Mapping[str, str] = {}) -> str:
        """What a module run in front of this database says."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**self.environ(database), **environ},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Refusal(f"{' '.join(arguments)} failed:\n{done.stderr[-3000:]}")
        return done.stdout

    def database(self, name: str, *, like: str, fill: Callable[[], object]) -> str:
        """Its name, once it is there: a copy of another, then filled. What is filled is analysed, so that no autovacuum comes by later."""
        if name not in self._made:
            began = time.monotonic()
            self.copy(name, like=like)
            fill()
            with self.connect(name) as connection:
                connection.execute("VACUUM (ANALYZE, FREEZE)")
                connection.execute("CHECKPOINT")
            self._made.add(name)
            progress(f"database {name} made in {time.monotonic() - began:.0f} s")
        return name

    def copy(self, name: str, *, like: str) -> str:
        """A new database under this name, in place of an older one."""
        with self.connect("postgres") as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(like))
            )
        return name

    def migrated(self) -> str:
        """One with our tables and nothing in them."""
        return self.database(
            MIGRATED,
            like="template1",
            fill=lambda: self.python(MIGRATED, "manage.py", "migrate", "--no-input"),
        )

    def catalogue(self, count: int, *, entries: int = 1) -> str:
        """One with a term of so many courses, written by the functions that apply webhooks; large ones are made from those by copying."""
        name = f"courses_{count}_{entries}"
        times, rest = divmod(count, LARGEST_WRITTEN)
        if times > 1 and not rest:
            smaller = self.catalogue(LARGEST_WRITTEN, entries=entries)
            return self.database(name, like=smaller, fill=lambda: self._multiply(name, times))
        arguments = ("-m", "tests.benchmarks.filling", "courses", str(count), str(entries))
        return self.database(name, like=self.migrated(), fill=lambda: self.python(name, *arguments))

    def _multiply(self, database: str, times: int) -> None:
        with self.connect(database) as connection:
            multiply(connection, times)

    def naive(self, database: str) -> str:
        """The same catalogue in the tables of the naive peer."""
        name = f"naive_{database}"
        environ = NAIVE_ENVIRON | {"CAMPANILE_URL": self.url(database)}
        arguments = ("-m", "tests.benchmarks.peers.naive.filling")
        return self.database(
            name, like="template1", fill=lambda: self.python(name, *arguments, environ=environ)
        )

    def forget_cached(self) -> None:
        with redis.Redis.from_url(self.services.redis_url) as client:
            client.flushall()

    def on_all_cores(self) -> AbstractContextManager[None]:
        """For what is told on the clock: nobody is counted, so nobody needs a core of their own."""
        return united_cores(self.client.cores, self._services())

    def _services(self) -> list[int]:
        return [child.process.pid for child in self.services.children if child.process]

    @contextmanager
    def counting(self, *pids: int) -> Iterator["Counted"]:
        """The CPU that these processes, PostgreSQL and Redis use within the block."""
        roots = [*pids, *self._services()]
        counted = Counted()
        before, began = spent(roots), time.perf_counter()
        yield counted
        counted.wall = time.perf_counter() - began
        counted.cpu = spent(roots) - before

    def asking(
        self, server: Server, load: Callable[[int], Load], *, least: int = _TRIAL
    ) -> Callable[[], Sample]:
        """A side: a sample of requests, as many as take about SAMPLE_SECONDS, but not fewer than `least`. `load` makes that many."""
        self._ask(server, load(_TRIAL))  # what a cold server takes says nothing
        trial = self._ask(server, load(_TRIAL))
        number = max(least, round(SAMPLE_SECONDS / max(trial.cpu, trial.wall)))
        return lambda: self._ask(server, load(number))

    def _ask(self, server: Server, load: Load) -> Sample:
        with self.counting(server.pid) as counted:
            answered = self.client.drive(load)
        return Sample(counted.cpu / answered.count, answered.seconds / answered.count)


@dataclass(slots=True)
class Counted:
    """In seconds, once the block has ended."""

    cpu: float = 0.0
    wall: float = 0.0
