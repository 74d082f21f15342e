"""python -m tests.benchmarks.posting PORT RATE

Posts so many signed deliveries a second until its standard input ends. It writes a line once the first has been accepted.
"""

import socket
import sys
import threading
import time

from tests.benchmarks.harness.deliveries import changes, post


def keep_posting(port: int, rate: float, ended: threading.Event) -> None:
    due, begun = time.monotonic(), False
    with socket.create_connection(("127.0.0.1", port)) as connection:
        while not ended.wait(max(0.0, due - time.monotonic())):
            due += 1 / rate
            connection.sendall(post(changes(1)[0]))
            if not (answer := connection.recv(65536)).startswith(b"HTTP/1.1 202"):
                raise SystemExit(f"A delivery was refused: {answer!r}")
            if not begun:
                begun = True
                print("posting", flush=True)  # noqa: T201  # for who started this


if __name__ == "__main__":
    ended = threading.Event()
    thread = threading.Thread(target=keep_posting, args=(int(sys.argv[1]), float(sys.argv[2]), ended))
    thread.start()
    sys.stdin.read()
    ended.set()
    thread.join()
