"""Calls a WSGI application as a server does, and returns exactly what it would have sent."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any
from wsgiref.types import WSGIApplication
from wsgiref.util import setup_testing_defaults


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def __getitem__(self, name: str) -> str:
        (value,) = [value for key, value in self.headers if key.lower() == name.lower()]
        return value

    def without(self, name: str) -> "Answer":
        return Answer(self.status, [pair for pair in self.headers if pair[0] != name], self.body)


def ask(
    application: WSGIApplication, path: str, *, method: str = "GET", query: str = "", **environ: Any
) -> Answer:
    whole: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "HTTP_HOST": "localhost",
        "REMOTE_ADDR": "192.0.2.7",
        "wsgi.input": BytesIO(),
        **environ,
    }
    setup_testing_defaults(whole)
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        started.append((status, headers))
        return None

    body = application(whole, start_response)
    try:
        content = b"".join(body)
    finally:
        if hasattr(body, "close"):
            body.close()
    status, headers = started[-1]
    return Answer(int(status[:3]), headers, content)
