import dataclasses
import json
import re
import socket
import sys
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from apps.notifications.emulator.page import page
from apps.notifications.emulator.store import Failure, Received, Store
from apps.notifications.emulator.validation import Violation, check

_SEND = re.compile(r"/v1/projects/([^/]+)/messages:send")
_TYPE = "type.googleapis.com/"
_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    store: Store
    on_message: Callable[[Received], None]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender that went away, or was killed, is no fault to be printed at length."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def serve(host: str, port: int, *, on_message: Callable[[Received], None] = lambda _: None) -> Server:
    """Bound, not yet serving: call serve_forever(). Port 0 takes a free one, see server_address."""
    server = Server((host, port), _Handler)
    server.store = Store()
    server.on_message = on_message
    return server


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    server: Server

    def do_POST(self) -> None:
        body = self._body()
        if send := _SEND.fullmatch(self.path):
            self._send(send[1], body)
        elif self.path == "/failures":
            self._add_failure(body)
        else:
            self._error(404, "no such path")

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path == "/messages":
            address = parse_qs(url.query).get("address", [None])[0]
            self._json(200, [each.as_json() for each in self.server.store.messages(address)])
        elif url.path == "/":
            self._answer(200, page(self.server.store.messages()).encode(), "text/html; charset=utf-8")
        else:
            self._error(404, "no such path")

    def do_DELETE(self) -> None:
        actions = {"/messages": self.server.store.forget, "/failures": self.server.store.fail_no_more}
        if action := actions.get(self.path):
            action()
            self._answer(204, b"", "application/json")
        else:
            self._error(404, "no such path")

    def _send(self, project: str, body: bytes) -> None:
        if not self.headers.get("Authorization", "").startswith("Bearer "):
            self._error(401, "Request is missing required authentication credential.")
            return
        try:
            address, message = check(json.loads(body))
        except Violation as fault:
            self._error(400, str(fault), fields=[fault.field])
            return
        except ValueError as fault:
            self._error(400, f"Invalid JSON payload received. {fault}", fields=["message"])
            return
        failure = self.server.store.next_failure(address)
        if failure is None or failure.accepted or 200 <= failure.status < 300:
            received = self.server.store.add(project, address, message)
            self.server.on_message(received)
            answer = {"name": received.name}
        if failure:
            time.sleep(failure.delay)
        if failure is None or (failure.status == 200 and failure.raw is None and not failure.reset):
            self._json(200, answer)
        else:
            self._fail(failure)

    def _fail(self, failure: Failure) -> None:
        if failure.reset:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        elif failure.raw is not None:
            self._answer(failure.status, failure.raw.encode(), "text/html")
        else:
            headers = {"Retry-After": failure.retry_after} if failure.retry_after else {}
            self._error(
                failure.status,
                failure.message,
                code=failure.error_code,
                fields=failure.fields,
                quota=failure.quota,
                headers=headers,
            )

    def _add_failure(self, body: bytes) -> None:
        try:
            wanted = json.loads(body)
            wanted["retry_after"] = str(wanted.get("retry_after") or "")
            failure = Failure(**wanted)
        except (ValueError, TypeError) as fault:
            self._error(400, f"{fault}; known are {[field.name for field in dataclasses.fields(Failure)]}")
            return
        self.server.store.fail(failure)
        self._json(201, dataclasses.asdict(failure))

    def _error(
        self,
        status: int,
        message: str,
        *,
        code: str = "",
        fields: list[str] | None = None,
        quota: list[str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        details: list[dict[str, Any]] = []
        if code:
            details.append({"@type": f"{_TYPE}google.firebase.fcm.v1.FcmError", "errorCode": code})
        if fields:
            violations = [{"field": field, "description": message} for field in fields]
            details.append({"@type": f"{_TYPE}google.rpc.BadRequest", "fieldViolations": violations})
        if quota:
            violations = [{"subject": subject, "description": message} for subject in quota]
            details.append({"@type": f"{_TYPE}google.rpc.QuotaFailure", "violations": violations})
        error = {
            "code": status,
            "message": message,
            "status": _STATUS.get(status, "UNKNOWN"),
            "details": details,
        }
        self._json(status, {"error": error}, headers)

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _json(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(value, ensure_ascii=False, indent=1).encode()
        self._answer(status, body, "application/json; charset=utf-8", headers)

    def _answer(self, status: int, body: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name is the base class's
        """Messages are printed, requests are not."""
