"""PostgreSQL and Valkey for everything else: embedded, unless the environment names servers."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from compose.local.child import Child
from compose.local.postgres import Postgres
from compose.local.refusal import Refusal
from compose.local.valkey import Valkey


@dataclass(frozen=True)
class Services:
    database_url: str
    redis_url: str
    children: tuple[Child, ...] = ()
    """The servers we started, none when the environment named others. Each may be started again as it is."""


@contextmanager
def embedded_services(
    data_dir: Path, *, durable: bool, environ: Mapping[str, str] = os.environ
) -> Iterator[Services]:
    """Both servers, ready for use, until the block ends. What a crash left in data_dir is stopped and replaced.

    Only one at a time may use a data_dir. Not durable means that an outage of the machine may lose the data.
    """
    given = [read(environ, name) for name in ("DATABASE_URL", "REDIS_URL")]
    if all(given):
        yield Services(database_url=given[0], redis_url=given[1])
        return
    if any(given):
        there, missing = ("DATABASE_URL", "REDIS_URL") if given[0] else ("REDIS_URL", "DATABASE_URL")
        raise Refusal(
            f"{there} is set but {missing} is not. Set both to use servers of your own, or neither for embedded ones."
        )
    data_dir = data_dir.resolve()
    run_dir = data_dir / "run"
    with ExitStack() as stack:
        postgres = Postgres(data_dir / "postgres", run_dir, durable=durable)
        valkey = Valkey(data_dir / "valkey", run_dir)
        stack.callback(lambda: postgres.child.stop())
        postgres.start()
        stack.callback(valkey.child.stop)
        valkey.start()
        yield Services(
            database_url=postgres.url, redis_url=valkey.url, children=(postgres.child, valkey.child)
        )


def read(environ: Mapping[str, str], name: str) -> str:
    """The value of NAME, or of the file NAME_FILE points at; empty when neither is set."""
    if path := environ.get(f"{name}_FILE"):
        return Path(path).read_text(encoding="utf-8").strip()
    return environ.get(name, "")
