"""Standard Webhooks 1.0.0 signatures, verified strictly (https://www.standardwebhooks.com, symmetric `v1`).

The signed content is `{webhook-id}.{webhook-timestamp}.{body}`, over the raw bytes of the body; the signature header holds one or more
`v1,<base64 of HMAC-SHA256>` separated by spaces. Whatever is odd is refused the same way: a sender learns nothing from the answer.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

TOLERANCE = timedelta(minutes=5)
MAX_SIGNATURES = 16
MIN_KEY_BYTES = 24

_ID = re.compile(r"[A-Za-z0-9_-]{1,255}", re.ASCII)
# 32 bytes in base64, in its one spelling: the two bits that padding leaves over are zero.
_V1 = re.compile(r"v1,[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=", re.ASCII)
_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)


class Refused(Exception):
    """The request is not authentic. `reason` is one word, for our own count of refusals, never for the answer."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def key_of(secret: str) -> bytes:
    """The key in a `whsec_<base64>` secret. Raises ValueError for anything else, or when it has fewer than 24 bytes."""
    prefix, _, encoded = secret.partition("_")
    if prefix != "whsec":
        raise ValueError("must start with whsec_")
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise ValueError("must be base64 after whsec_") from error
    if len(key) < MIN_KEY_BYTES:
        raise ValueError(f"holds {len(key)} bytes, {MIN_KEY_BYTES} are needed")
    return key


def verify(
    *, keys: Sequence[bytes], id: str, timestamp: str, signature: str, body: bytes, now: datetime
) -> datetime:
    """The time of sending, once any signature matches any key. Raises Refused."""
    if not _ID.fullmatch(id):
        raise Refused("id")
    sent_at = _sent_at(timestamp, now)
    given = _signatures(signature)
    content = b"%b.%b.%b" % (id.encode(), timestamp.encode(), body)
    # Every pair is compared, so that the time taken tells neither which key matched nor which signature.
    matches = 0
    for key in keys:
        expected = _signature(key, content)
        for candidate in given:
            matches += hmac.compare_digest(expected, candidate)
    if not matches:
        raise Refused("signature")
    return sent_at


def sign(*, key: bytes, id: str, timestamp: int, body: bytes) -> str:
    """The webhook-signature header for a request of our own making."""
    return _signature(key, b"%b.%d.%b" % (id.encode(), timestamp, body))


def _signature(key: bytes, content: bytes) -> str:
    return f"v1,{base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()}"


def _sent_at(timestamp: str, now: datetime) -> datetime:
    if not _TIMESTAMP.fullmatch(timestamp):
        raise Refused("timestamp")
    seconds = int(timestamp)
    if abs(seconds - now.timestamp()) > TOLERANCE.total_seconds():
        raise Refused("timestamp")
    return datetime.fromtimestamp(seconds, UTC)


def _signatures(header: str) -> list[str]:
    """The `v1` signatures; other versions are skipped, as the specification asks."""
    parts = header.split(" ") if len(header) <= MAX_SIGNATURES * 256 else []
    if not 1 <= len(parts) <= MAX_SIGNATURES:
        raise Refused("signature")
    found = []
    for part in parts:
        version, comma, _ = part.partition(",")
        if not comma or (version == "v1" and not _V1.fullmatch(part)):
            raise Refused("signature")
        if version == "v1":
            found.append(part)
    return found
