import collections
import dataclasses
import threading
import uuid
from datetime import UTC, datetime
from typing import Any

KEPT = 5000


@dataclasses.dataclass(frozen=True, slots=True)
class Received:
    """A message as it came. `address` is its token, fid, topic or condition."""

    name: str
    at: datetime
    address: str
    message: dict[str, Any]

    @property
    def title(self) -> str:
        return str(self.message.get("notification", {}).get("title", ""))

    @property
    def body(self) -> str:
        return str(self.message.get("notification", {}).get("body", ""))

    @property
    def platform(self) -> str:
        """Campanile labels its messages with the platform of the device they are for."""
        return str(self.message.get("fcm_options", {}).get("analytics_label", ""))

    @property
    def tag(self) -> str:
        """A phone shows one notification of a tag: a later message with the same one replaces it."""
        tag = self.message.get("android", {}).get("notification", {}).get("tag")
        return str(tag or self.name)

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "received_at": self.at.isoformat(),
            "address": self.address,
            "platform": self.platform,
            "title": self.title,
            "body": self.body,
            "data": self.message.get("data", {}),
            "message": self.message,
        }


@dataclasses.dataclass(slots=True)
class Failure:
    """How the next `times` messages to `address` ("*" for any) are answered.

    `fields` become BadRequest violations, `quota` QuotaFailure violations; `raw` is sent instead of any JSON; `reset` closes the
    connection without an answer. A failure with `accepted` is one of the answer only: the phone shows the message all the same.
    """

    address: str = "*"
    status: int = 500
    error_code: str = ""
    message: str = "told to fail"
    fields: list[str] = dataclasses.field(default_factory=list)
    quota: list[str] = dataclasses.field(default_factory=list)
    retry_after: str = ""
    raw: str | None = None
    reset: bool = False
    delay: float = 0.0
    accepted: bool = False
    times: int = 1


class Store:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._received: collections.deque[Received] = collections.deque(maxlen=KEPT)
        self._failures: list[Failure] = []
        self.requests = 0

    def add(self, project: str, address: str, message: dict[str, Any]) -> Received:
        name = f"projects/{project}/messages/{uuid.uuid4().hex}"
        received = Received(name, datetime.now(UTC), address, message)
        with self._lock:
            self._received.append(received)
        return received

    def messages(self, address: str | None = None) -> list[Received]:
        with self._lock:
            return [each for each in self._received if address is None or each.address == address]

    def forget(self) -> None:
        with self._lock:
            self._received.clear()
            self.requests = 0

    def fail(self, failure: Failure) -> None:
        with self._lock:
            self._failures.append(failure)

    def fail_no_more(self) -> None:
        with self._lock:
            self._failures.clear()

    def next_failure(self, address: str) -> Failure | None:
        """Counts the request and uses up one time of the first failure that speaks of this address."""
        with self._lock:
            self.requests += 1
            for failure in self._failures:
                if failure.times > 0 and failure.address in ("*", address):
                    failure.times -= 1
                    return failure
        return None
