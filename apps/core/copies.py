"""A rendered body in the forms it is served in, and those forms as one value that Redis can hold."""

import hashlib
import struct
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import orjson
from django.conf import settings
from zlib_ng import zlib_ng

from apps.core.committed import Committed, Parts

CONTENT_TYPE = "application/json"
# What fits in one packet comes no sooner for being smaller, and to compress a course of 618 bytes was an eighth of making its answer.
SMALLEST_GZIP = 1400
_GZIP = 16 + zlib_ng.MAX_WBITS
_LEVEL = 4  # of zlib-ng: as small as what zlib takes more than twice the time for
_HEAD = struct.Struct("!4s32sII")
_MAGIC = b"CBC4"
NEVER = 1e12


@dataclass(frozen=True, slots=True)
class Rendered:
    """A body and the revision it belongs to: both from one SQL statement, so that neither can be newer than the other.

    `expires_at` is set when the body also depends on the clock, such as the week number of today. `parts` are those of the catalogue it
    is made of, see apps/core/committed.py; None when nobody could say.
    """

    body: bytes
    revision: int
    expires_at: datetime | None = None
    content_type: str = CONTENT_TYPE
    parts: Parts | None = None


@dataclass(frozen=True, slots=True)
class Copy:
    """`zipped` is None until somebody wants it, and empty where gzip gains nothing.

    `expires_at` is in seconds since the epoch, NEVER when the clock ends nothing.
    """

    body: bytes
    zipped: bytes | None
    tag: str
    revision: int
    expires_at: float
    content_type: str
    parts: Parts | None

    @classmethod
    def of(cls, rendered: Rendered) -> "Copy":
        return cls(
            body=rendered.body,
            zipped=None,
            tag=_tag(rendered.body),
            revision=rendered.revision,
            expires_at=rendered.expires_at.timestamp() if rendered.expires_at else NEVER,
            content_type=rendered.content_type,
            parts=_shared(rendered.parts),
        )

    def including(self, *, gzip: bool) -> "Copy":
        """The same, with its zipped form if that is wanted. To make it takes nearly as long as PostgreSQL takes to find a page of courses."""
        if self.zipped is not None or not gzip:
            return self
        zipped = zlib_ng.compress(self.body, _LEVEL, wbits=_GZIP) if len(self.body) >= SMALLEST_GZIP else b""
        return replace(self, zipped=zipped if len(zipped) < len(self.body) else b"")

    def served(self, *, gzip: bool) -> bytes:
        return (self.zipped if gzip else None) or self.body

    def at(self, committed: Committed) -> "Copy | None":
        """The copy of that revision, if this one reads the same then."""
        if not committed.shows(self.revision, self.parts):
            return None
        return self if self.revision == committed.revision else replace(self, revision=committed.revision)

    @property
    def size(self) -> int:
        return len(self.body) + len(self.zipped or b"") + 8 * len(self.parts or ()) + 512

    def pack(self, label: str) -> bytes:
        """`label` is the key the value is for: a value found under another key does not open."""
        zipped = self.zipped or b""
        about = [
            self.tag,
            self.revision,
            self.expires_at,
            self.content_type,
            self.parts,
            self.zipped is not None,
        ]
        head = orjson.dumps(about)
        seal = _seal(label, head, zipped)
        return b"".join((_HEAD.pack(_MAGIC, seal, len(head), len(self.body)), head, self.body, zipped))

    @classmethod
    def unpack(cls, value: object, label: str) -> "Copy | None":
        """None for anything that pack() did not make for this label with our key: cut short, changed, or somebody else's."""
        if not isinstance(value, bytes) or len(value) < _HEAD.size:
            return None
        magic, seal, about, length = _HEAD.unpack_from(value)
        begins, ends = _HEAD.size + about, _HEAD.size + about + length
        head, body, zipped = value[_HEAD.size : begins], value[begins:ends], value[ends:]
        if magic != _MAGIC or seal != _seal(label, head, zipped):
            return None
        tag, revision, expires_at, content_type, parts, compressed = orjson.loads(head)
        if tag != _tag(body):
            return None
        return cls(
            body=body,
            zipped=zipped if compressed else None,
            tag=tag,
            revision=revision,
            expires_at=expires_at,
            content_type=content_type,
            parts=_shared(parts),
        )


def _shared(parts: Iterable[str] | None) -> Parts | None:
    """One text a part, however many copies are made of it."""
    return None if parts is None else tuple(map(sys.intern, parts))


def _tag(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:32]


def _seal(label: str, head: bytes, zipped: bytes) -> bytes:
    """Over where the head ends, and over the body by its tag, which is in the head."""
    key = hashlib.sha256(b"apps.core.copies" + settings.SECRET_KEY.encode()).digest()
    seal = hashlib.blake2b(label.encode(), digest_size=32, key=key)
    seal.update(b"%d %b%b" % (len(head), head, zipped))
    return seal.digest()
