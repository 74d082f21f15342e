"""Why a request is refused, in words: our answer tells nobody, so that a forger learns nothing, but an integrator may ask here."""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import product

from apps.webhooks import signatures
from apps.webhooks.signatures import MAX_SIGNATURES, TOLERANCE, Refused, key_of

Named = tuple[str, bytes]


def diagnose(*, secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime) -> list[str]:
    """Everything wrong with the request; nothing when it would be accepted at `now`. `headers` have their names in lower case."""
    found = [*_missing(headers)]
    if found:
        return found
    id, timestamp, signature = (headers[name] for name in _NAMES)
    keys = [key_of(secret) for secret in secrets]
    try:
        signatures.verify(keys=keys, id=id, timestamp=timestamp, signature=signature, body=body, now=now)
    except Refused:
        found = [*_of_id(id), *_of_timestamp(timestamp, now), *_of_signature(signature)]
        if not _matches(keys, f"{id}.{timestamp}.".encode(), body, signature):
            found.append(_explained(secrets, id, timestamp, body, signature))
        elif found:
            found.append("The signature itself is right.")
    return found


_NAMES = ("webhook-id", "webhook-timestamp", "webhook-signature")


def _missing(headers: Mapping[str, str]) -> Iterator[str]:
    for name in _NAMES:
        if not headers.get(name):
            other = name.replace("webhook", "svix")
            yield f"{name} is missing" + (f"; {other} is another name for it." if other in headers else ".")


def _of_id(id: str) -> Iterator[str]:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", id, re.ASCII):
        yield f"webhook-id has {len(id)} characters; allowed are 1 to 255 of A-Z a-z 0-9 _ and -."


def _of_timestamp(timestamp: str, now: datetime) -> Iterator[str]:
    if not re.fullmatch(r"[0-9]{1,12}", timestamp, re.ASCII):
        milliseconds = re.fullmatch(r"[0-9]{13}", timestamp, re.ASCII)
        seen = "these look like milliseconds" if milliseconds else "digits only, no sign, point or exponent"
        yield f"webhook-timestamp must be whole seconds since 1970; {seen}."
        return
    ahead = int(timestamp) - now.timestamp()
    if abs(ahead) > TOLERANCE.total_seconds():
        where = "ahead of" if ahead > 0 else "behind"
        yield (
            f"webhook-timestamp is {abs(ahead):,.0f} s {where} {now:%Y-%m-%d %H:%M:%S} UTC, and may be "
            f"{TOLERANCE.seconds} s from it. For an older request say when it came: --at {_iso(int(timestamp))}"
        )


def _iso(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OSError, OverflowError):
        return "TIME"


def _of_signature(header: str) -> Iterator[str]:
    parts = header.split(" ")
    if len(parts) > MAX_SIGNATURES:
        yield f"webhook-signature holds {len(parts)} signatures; at most {MAX_SIGNATURES} are read."
        return
    for number, part in enumerate(parts, start=1):
        version, comma, encoded = part.partition(",")
        which = f"Signature {number} of {len(parts)}"
        if not comma:
            yield f"{which} has no version: it must be v1, a comma and base64."
        elif version != "v1":
            yield f"{which} is of version {version[:16]!r}; only v1 is looked at."
        elif fault := _encoding_fault(encoded):
            yield f"{which} {fault}."


def _encoding_fault(encoded: str) -> str:
    if re.fullmatch(r"[0-9a-fA-F]{64}", encoded):
        return "is in hexadecimal; base64 is asked for"
    try:
        raw = base64.b64decode(encoded.encode("ascii"), validate=True)
    except ValueError:
        if re.search(r"[-_]", encoded):
            return "is in the URL-safe alphabet; base64 with + and / is asked for"
        return "is not base64" + ("; its padding is missing" if len(encoded) % 4 else "")
    if len(raw) != hashlib.sha256().digest_size:
        return f"stands for {len(raw)} bytes; HMAC-SHA256 has 32"
    return "" if base64.b64encode(raw).decode() == encoded else "is spelled in an unusual way"


def _explained(secrets: Sequence[str], id: str, timestamp: str, body: bytes, signature: str) -> str:
    """By the mistake that leads to this very signature, when it is one of those people make."""
    for secret in secrets:
        for (how, key), (over, content) in product(_keys(secret), _contents(id, timestamp, body)):
            if _matches([key], b"", content, signature):
                return f"The signature was made {' '.join(filter(None, (how, over)))}."
    several = "any of the secrets" if len(secrets) > 1 else "the secret"
    return f"No signature was made with {several} over this id, timestamp and body: another secret, or a body changed on its way."


def _keys(secret: str) -> Iterator[Named]:
    yield "", key_of(secret)
    yield "with the text of the secret as the key, not the bytes that its base64 stands for", secret.encode()
    yield (
        "with the text after whsec_ as the key, not the bytes that it stands for",
        secret.removeprefix("whsec_").encode(),
    )


def _contents(id: str, timestamp: str, body: bytes) -> Iterator[Named]:
    head = f"{id}.{timestamp}.".encode()
    yield "", head + body
    for how, other in _other_bodies(body):
        yield f"over {how}", head + other
    yield "over the body alone, without id and timestamp", body
    yield "over the timestamp and the body, without the id", f"{timestamp}.".encode() + body
    yield "over the id and the body, without the timestamp", f"{id}.".encode() + body
    yield "over the timestamp before the id", f"{timestamp}.{id}.".encode() + body


def _other_bodies(body: bytes) -> Iterator[Named]:
    yield "the body without the line break at its end", body.rstrip(b"\r\n")
    yield "the body with a line break at its end", body + b"\n"
    yield "the body with other line breaks", body.replace(b"\r\n", b"\n")
    yield "the body with other line breaks", body.replace(b"\n", b"\r\n")
    yield "no body", b""
    try:
        value = json.loads(body)
    except ValueError:
        return
    for escaped, separators in product((True, False), ((",", ":"), (", ", ": "))):
        text = json.dumps(value, ensure_ascii=escaped, separators=separators)
        yield (
            "another writing of the same JSON: sign the very bytes that are sent",
            text.encode("utf-8", "replace"),
        )


def _matches(keys: Sequence[bytes], head: bytes, body: bytes, signature: str) -> bool:
    given = [digest for part in signature.split(" ")[:MAX_SIGNATURES] for digest in _digests(part)]
    return any(
        hmac.compare_digest(hmac.digest(key, head + body, hashlib.sha256), digest)
        for key, digest in product(keys, given)
    )


def _digests(part: str) -> Iterator[bytes]:
    """What the signature may stand for, however it is written."""
    encoded = part.rpartition(",")[2]
    if re.fullmatch(r"[0-9a-fA-F]{64}", encoded):
        yield bytes.fromhex(encoded)
    try:
        yield base64.urlsafe_b64decode(encoded.replace("+", "-").replace("/", "_").rstrip("=") + "==")
    except (ValueError, binascii.Error):
        return
