"""What carries the messages: verified, over few connections where the server speaks HTTP/2, else over many that are kept."""

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import h2.config
import h2.connection
import h2.events
import pytest

from apps.notifications.wire import Answer, Wire
from tests.benchmarks.harness.certificates import certificate

MESSAGES = 40


class Server:
    """Answers over TLS after DELAY with what was posted; counts connections and, of HTTP/1.1, requests."""

    DELAY = 0.3

    def __init__(self, folder: Path, protocol: str) -> None:
        self.trusted, key = certificate(folder)
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(self.trusted, key)
        self._context.set_alpn_protocols([protocol])
        self._serve_one = self._http2 if protocol == "h2" else self._http1
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=200)
        self._lock = threading.Lock()
        self.url = f"https://127.0.0.1:{self._listening.getsockname()[1]}/"
        self.connections = self.requests = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                accepted, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._greet, args=(accepted,), daemon=True).start()

    def _greet(self, accepted: socket.socket) -> None:
        with accepted:
            try:
                with self._context.wrap_socket(accepted, server_side=True) as connection:
                    with self._lock:
                        self.connections += 1
                    self._serve_one(connection)
            except OSError:
                return  # it did not trust us, or went away

    def _http1(self, connection: ssl.SSLSocket) -> None:
        with connection.makefile("rb") as incoming:
            while incoming.readline():
                self.requests += 1
                headers = list(iter(lambda: incoming.readline().strip().lower(), b""))
                length = next(int(line[15:]) for line in headers if line.startswith(b"content-length:"))
                body = incoming.read(length)
                time.sleep(self.DELAY)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    def _http2(self, connection: ssl.SSLSocket) -> None:
        machine = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        machine.initiate_connection()
        connection.sendall(machine.data_to_send())
        bodies: dict[int, bytes] = {}
        while received := connection.recv(65536):
            ended = []
            for event in machine.receive_data(received):
                if isinstance(event, h2.events.DataReceived):
                    bodies[event.stream_id] = bodies.get(event.stream_id, b"") + event.data
                elif isinstance(event, h2.events.StreamEnded):
                    ended.append(event.stream_id)
            for stream in ended:
                machine.send_headers(stream, [(":status", "200")])
                machine.send_data(stream, bodies.pop(stream), end_stream=True)
            connection.sendall(machine.data_to_send())


@contextmanager
def serving(folder: Path, protocol: str) -> Iterator[Server]:
    server = Server(folder, protocol)
    try:
        yield server
    finally:
        server.close()


def exchange(wire: Wire[int], messages: int) -> dict[int, Answer | str]:
    """All posted at once; by their numbers."""
    for number in range(messages):
        wire.post(number, json.dumps(number).encode(), ["Content-Type: application/json"])
    found: dict[int, Answer | str] = {}
    deadline = time.monotonic() + 60
    while wire.under_way:
        assert time.monotonic() < deadline
        found |= dict(wire.answers(0.05))
    return found


def said(found: dict[int, Answer | str]) -> list[int]:
    return [json.loads(each.body) for _, each in sorted(found.items()) if isinstance(each, Answer)]


Trust = Callable[[Server], None]


@pytest.fixture
def trust(monkeypatch: pytest.MonkeyPatch) -> Trust:
    return lambda server: monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.trusted))


def test_many_are_under_way_at_once_and_their_connections_are_kept(tmp_path: Path, trust: Trust) -> None:
    with serving(tmp_path, "http/1.1") as server:
        trust(server)
        wire: Wire[int] = Wire(server.url, timeout=30, connections=MESSAGES)
        for _ in range(3):
            assert said(exchange(wire, MESSAGES)) == list(range(MESSAGES))
        assert server.connections == MESSAGES


def test_there_are_no_more_connections_than_may_be(tmp_path: Path, trust: Trust) -> None:
    with serving(tmp_path, "http/1.1") as server:
        trust(server)
        wire: Wire[int] = Wire(server.url, timeout=30, connections=5)
        assert said(exchange(wire, MESSAGES)) == list(range(MESSAGES))
        assert server.connections == 5


def test_with_http_2_all_share_the_connections_there_are(tmp_path: Path, trust: Trust) -> None:
    with serving(tmp_path, "h2") as server:
        trust(server)
        wire: Wire[int] = Wire(server.url, timeout=30, connections=MESSAGES)
        exchange(wire, 1)
        assert said(exchange(wire, MESSAGES)) == list(range(MESSAGES))
        assert server.connections == 1


def test_a_server_that_nobody_vouches_for_is_told_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    with serving(tmp_path, "http/1.1") as server:
        wire: Wire[int] = Wire(server.url, timeout=30, connections=1)
        [why] = exchange(wire, 1).values()
        assert isinstance(why, str)
        assert "certificate" in why
        assert server.requests == 0


def test_what_takes_too_long_is_given_up(tmp_path: Path, trust: Trust) -> None:
    with serving(tmp_path, "http/1.1") as server:
        trust(server)
        wire: Wire[int] = Wire(server.url, timeout=0.1, connections=1)
        [why] = exchange(wire, 1).values()
        assert isinstance(why, str)
        assert "timed out" in why
