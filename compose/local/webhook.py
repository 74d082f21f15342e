"""A signed request to try, as a curl line. Standard Webhooks 1.0.0; the signature is good for five minutes."""

import base64
import hashlib
import hmac
import json
import secrets
import shlex
import time
from collections.abc import Mapping
from datetime import UTC, datetime

from compose.local.services import read


def curl_line(url: str, environ: Mapping[str, str], *, now: float | None = None) -> str:
    """A course of your own, sent by the first source of WEBHOOK_SECRETS; empty when there is none."""
    sources: dict[str, list[str]] = json.loads(read(environ, "WEBHOOK_SECRETS") or "{}")
    source, keys = next(((name, keys) for name, keys in sources.items() if keys), ("", []))
    if not keys:
        return ""
    now = time.time() if now is None else now
    body = json.dumps(_event(now), separators=(",", ":"))
    headers = signed_headers(keys[0], body.encode(), identifier=f"msg_{secrets.token_hex(8)}", now=now)
    words = ["curl", "-i", f"{url}/webhooks/{source}/", "-H", "content-type: application/json"]
    for name, value in headers.items():
        words += ["-H", f"{name}: {value}"]
    return shlex.join([*words, "--data-raw", body])


def signed_headers(secret: str, body: bytes, *, identifier: str, now: float) -> dict[str, str]:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{identifier}.{int(now)}.".encode() + body
    signature = base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
    return {
        "webhook-id": identifier,
        "webhook-timestamp": str(int(now)),
        "webhook-signature": f"v1,{signature}",
    }


def _event(now: float) -> dict[str, object]:
    entry = {
        "id": "1",
        "kind": "lecture",
        "weekday": 2,
        "starts_at": "11:15",
        "ends_at": "13:00",
        "rooms": ["Raf20"],
        "teachers": ["Ada Lovelace"],
        "groups": [],
    }
    course = {
        "id": "hello-campanile",
        "term": "hello",
        "code": "HELLO",
        "title": "Bell ringing for beginners",
        "entries": [entry],
        "exams": [],
    }
    return {
        "type": "course.updated",
        "timestamp": datetime.fromtimestamp(int(now), UTC).isoformat(),
        "data": course,
    }
