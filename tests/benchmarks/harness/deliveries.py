"""Webhooks as a course service posts them: signed, each with an id of its own."""

import base64
import hmac
import itertools
import json
import time
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from tests.benchmarks import cast
from tests.benchmarks.harness.servers import HEADERS

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="
PATH = f"/webhooks/{cast.SOURCE}/"
_KEY = base64.b64decode(SECRET.removeprefix("whsec_"))
# No process begins where one before it has been, at less than a hundred a second: what is said again changes nothing.
_turns = itertools.count(int(time.time() * 100))


def event(type: str, data: Any) -> bytes:
    """Each later than the one before, on the source's clock."""
    happened_at = datetime.now(UTC).isoformat()
    return json.dumps({"type": type, "timestamp": happened_at, "data": data}, ensure_ascii=False).encode()


def changes(count: int, *, entries: int = 1, among: int = 1_000) -> list[bytes]:
    """Bodies of course.updated that each move a course to another room: no two of a turn are about the same course."""
    turns = itertools.islice(_turns, count)
    return [
        event("course.updated", cast.course(turn % among, entries=entries, room=f"Raf{turn // among + 100}"))
        for turn in turns
    ]


def post(body: bytes, *, path: str = PATH) -> bytes:
    """The whole request, signed for the next five minutes."""
    id, now = f"msg_{uuid.uuid4().hex}", str(int(time.time()))
    signature = base64.b64encode(hmac.digest(_KEY, b"%b.%b.%b" % (id.encode(), now.encode(), body), "sha256"))
    headers = {
        **HEADERS,
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "webhook-id": id,
        "webhook-timestamp": now,
        "webhook-signature": f"v1,{signature.decode()}",
    }
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode() + body


def posts(bodies: Iterable[bytes], *, path: str = PATH) -> list[bytes]:
    return [post(body, path=path) for body in bodies]
