"""python -m tests.benchmarks.posting PORT RATE

Posts so many signed deliveries a second until its standard input ends, over several connections: an answer that takes long must not make the
next delivery late. It writes a line once the first has been accepted.
"""

import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from tests.benchmarks.harness.client import WrongAnswer
from tests.benchmarks.harness.deliveries import changes, post

_CONNECTIONS = 10


def keep_posting(port: int, due: float, every: float, ended: threading.Event) -> None:
    """From `due` on, by the monotonic clock; in seconds."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        while not ended.wait(max(0.0, due - time.monotonic())):
            due += every
            accept(connection)


def accept(connection: socket.socket) -> None:
    connection.sendall(post(changes(1)[0]))
    answer = b""
    while b"\r\n\r\n" not in answer or not answer.endswith(b"}"):
        if not (part := connection.recv(65536)):
            break
        answer += part
    if not answer.startswith(b"HTTP/1.1 202"):
        raise WrongAnswer(f"A delivery was refused: {answer!r}")


def main(port: int, rate: float) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        accept(connection)
    print("posting", flush=True)  # noqa: T201  # for who started this
    ended, now = threading.Event(), time.monotonic()
    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        posters = [
            pool.submit(keep_posting, port, now + turn / rate, _CONNECTIONS / rate, ended)
            for turn in range(_CONNECTIONS)
        ]
        sys.stdin.read()
        ended.set()
    for poster in posters:
        poster.result()


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
