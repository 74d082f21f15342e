"""The course service's side of the wire: signed requests to a running Campanile, one connection kept open."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit

from apps.webhooks.signatures import sign


class Unreachable(Exception):
    """No answer came; whether the request was taken is not known."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Header names are in lower case; `seconds` is from the first byte sent to the last received."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    def json(self) -> dict[str, Any]:
        """Empty when the body is no JSON object."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}


class Client:
    """For one thread. `url` is where Campanile answers, without the path of the webhooks."""

    def __init__(self, *, url: str, source: str, key: bytes, timeout: float = 30) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError(f"{url!r} is not an address such as https://campus.example.org")
        connect = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._connection = connect(parts.netloc, timeout=timeout)
        self._path = f"{parts.path.rstrip('/')}/webhooks/{source}/"
        self._key = key

    def post(self, body: bytes, *, id: str) -> Answer:
        """Raises Unreachable."""
        return self._ask("POST", self._path, body, id)

    def status(self, delivery: str) -> Answer:
        """What became of a delivery, by the id in the answer to it. Raises Unreachable."""
        return self._ask("GET", f"{self._path}deliveries/{delivery}/", b"", new_id())

    def close(self) -> None:
        self._connection.close()

    def _ask(self, method: str, path: str, body: bytes, id: str) -> Answer:
        headers = signed_headers(key=self._key, id=id, timestamp=int(time.time()), body=body)
        if method == "POST":
            headers["content-type"] = "application/json"
        begun = time.perf_counter()
        try:
            self._connection.request(method, path, body or None, headers)
            response = self._connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, names, response.read(), time.perf_counter() - begun)
        except (OSError, HTTPException) as error:
            self._connection.close()  # the next request opens it again
            raise Unreachable(f"{method} {path}: {type(error).__name__} {error}".rstrip()) from error


def signed_headers(*, key: bytes, id: str, timestamp: int, body: bytes) -> dict[str, str]:
    return {
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(key=key, id=id, timestamp=timestamp, body=body),
    }


def new_id() -> str:
    return f"msg_{token_hex(12)}"
