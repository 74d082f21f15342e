"""The course service: makes events and posts them, signed by the reference library."""

import base64
import hmac
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.test import Client
from standardwebhooks import Webhook

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="
OTHER_SECRET = "whsec_b3RoZXIgc2VjcmV0IG9mIDI0IGJ5dGVzIQ=="

Json = dict[str, Any]
_numbers = itertools.count(1)


def event(type: str, data: Any, *, at: str | datetime | None = None) -> Json:
    moment = at or datetime.now(UTC)
    return {
        "type": type,
        "timestamp": moment.isoformat() if isinstance(moment, datetime) else moment,
        "data": data,
    }


@dataclass
class Sender:
    """Posts through Django's client, whose answers it returns; `send` for events, `post` for whatever bytes and headers a test wants."""

    source: str = "course-service"
    secret: str = SECRET
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    @property
    def url(self) -> str:
        return f"/webhooks/{self.source}/"

    def send(self, type: str, data: Any, *, at: str | datetime | None = None, id: str = "") -> Any:
        return self.post(json.dumps(event(type, data, at=at)).encode(), id=id)

    def post(
        self, body: bytes, *, id: str = "", headers: Mapping[str, str] | None = None, **extra: Any
    ) -> Any:
        """`headers` are sent beside the signed ones, or in their place."""
        signed = self.signed(body, id=id)
        # Django's client leaves the length and the type of an empty body out.
        extra = {"CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/json", **extra}
        return self.client.generic("POST", self.url, body, headers={**signed, **(headers or {})}, **extra)

    def status(self, delivery: str, *, id: str = "") -> Any:
        return self.client.get(f"{self.url}deliveries/{delivery}/", headers=self.signed(b"", id=id))

    def signed(self, body: bytes, *, id: str = "", at: datetime | None = None) -> dict[str, str]:
        """The three headers."""
        id, at = id or f"msg_{next(_numbers)}", at or datetime.now(UTC)
        return {
            "webhook-id": id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": signature(self.secret, id, at, body),
        }


def signature(secret: str, id: str, at: datetime, body: bytes) -> str:
    """By the reference library, which signs text only; by hand for bytes that are none. `at` is in UTC."""
    try:
        return str(Webhook(secret).sign(id, at, body.decode()))
    except UnicodeDecodeError:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        digest = hmac.digest(key, b"%b.%d.%b" % (id.encode(), int(at.timestamp()), body), "sha256")
        return f"v1,{base64.b64encode(digest).decode()}"
