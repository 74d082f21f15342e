"""Who asks: a process of its own on a core of its own, so that what asking costs is in no figure."""

import os
import selectors
import socket
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from types import TracebackType
from typing import Self


@dataclass(frozen=True, slots=True)
class Load:
    """`requests`, whole and in bytes, are sent in turn and again from the first, until `count` are answered.

    Each of the kept `connections` has one request under way. They come from the addresses in `sources`, in turn.
    """

    port: int
    requests: Sequence[bytes]
    count: int
    status: int = 200
    body: bytes | None = None
    """What each answer must hold, to the byte."""
    connections: int = 8
    sources: Sequence[str] = ("127.0.0.1",)


@dataclass(frozen=True, slots=True)
class Answered:
    seconds: float
    count: int
    p95: float
    """Seconds from the request to the whole answer."""


class WrongAnswer(Exception):
    """Not the status or the bytes that the load expects: what was measured would be something else."""


class Client:
    def __init__(self, cores: set[int]) -> None:
        self.cores = cores
        self._pool = ProcessPoolExecutor(
            1, mp_context=get_context("spawn"), initializer=os.sched_setaffinity, initargs=(0, cores)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._pool.shutdown()

    def drive(self, load: Load) -> Answered:
        return self._pool.submit(_drive, load).result()

    def join(self) -> None:
        """For another process that is not counted: onto the same core."""
        os.sched_setaffinity(0, self.cores)

    def run(self, argv: Sequence[str]) -> None:
        """A program that asks, on the same core."""
        self._pool.submit(_run, argv).result()


def _run(argv: Sequence[str]) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise WrongAnswer(f"{argv[0]} failed:\n{done.stderr[-2000:]}")


class _Connection:
    def __init__(self, load: Load, source: str) -> None:
        self.socket = socket.create_connection(
            ("127.0.0.1", load.port), timeout=60, source_address=(source, 0)
        )
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._load = load
        self._answer = b""
        self._whole = 0
        self.asked_at = 0.0

    def ask(self, request: bytes) -> None:
        self._answer, self._whole = b"", 0
        self.asked_at = time.perf_counter()
        self.socket.sendall(request)

    def read(self) -> bool:
        """Whether the answer is whole now."""
        part = self.socket.recv(1 << 18)
        self._answer += part
        if not self._whole and (end := self._answer.find(b"\r\n\r\n")) >= 0:
            self._whole = end + 4 + _length(self._answer[:end].lower())
        if not part:
            raise WrongAnswer(f"The server hung up after {self._answer[:300]!r}")
        if not self._whole or len(self._answer) < self._whole:
            return False
        self._check()
        return True

    def _check(self) -> None:
        status = int(self._answer[9:12])
        body = self._load.body
        if status != self._load.status or (
            body is not None and not self._answer.endswith(b"\r\n\r\n" + body)
        ):
            raise WrongAnswer(f"{self._load.status} was expected, not {self._answer[:1000]!r}")


def _length(head: bytes) -> int:
    _, found, rest = head.partition(b"\r\ncontent-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


def _drive(load: Load) -> Answered:
    turns = iter(range(load.count))
    took: list[float] = []
    number = min(load.connections, load.count)
    connections = [_Connection(load, load.sources[n % len(load.sources)]) for n in range(number)]
    with selectors.DefaultSelector() as selector:
        began = time.perf_counter()
        for connection in connections:
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.ask(load.requests[next(turns) % len(load.requests)])
        while len(took) < load.count:
            for key, _ in selector.select(60):
                connection = key.data
                if connection.read():
                    took.append(time.perf_counter() - connection.asked_at)
                    if (turn := next(turns, None)) is not None:
                        connection.ask(load.requests[turn % len(load.requests)])
        seconds = time.perf_counter() - began
    for connection in connections:
        connection.socket.close()
    return Answered(seconds, load.count, sorted(took)[int(len(took) * 0.95)])
