import json
import threading
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from apps.notifications import sender
from apps.notifications.emulator.server import Server, serve
from tests.notifications.clock import Clock


class Phones:
    """The emulator, asked over its socket as a developer would."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.host = f"127.0.0.1:{server.server_address[1]}"

    def call(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"http://{self.host}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
        )
        with urllib.request.urlopen(request, timeout=5) as answer:
            content = answer.read()
        return json.loads(content) if content else None

    def messages(self, address: str = "") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call(
            "GET", f"/messages?address={address}" if address else "/messages"
        )
        return found

    def shown(self, address: str = "") -> list[str]:
        return [f"{each['title']}: {each['body']}" for each in self.messages(address)]

    def fail(self, **failure: Any) -> None:
        self.call("POST", "/failures", failure)

    @property
    def requests(self) -> int:
        return self.server.store.requests


@pytest.fixture
def phones(settings: Any) -> Iterator[Phones]:
    server = serve("127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    phones = Phones(server)
    settings.FCM_EMULATOR_HOST = phones.host
    settings.FIREBASE_PROJECT_ID = "demo-campanile"
    sender.forget()
    yield phones
    sender.forget()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def clock(db: None, time_machine: Any) -> Clock:
    return Clock(time_machine)


@pytest.fixture(autouse=True)
def _settles_at_once(settings: Any) -> None:
    settings.SETTLE_SECONDS = 0
