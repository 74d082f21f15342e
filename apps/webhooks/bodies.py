"""Strict JSON (RFC 8259, with the interoperability advice of RFC 7493 made a duty) and the event envelope around every document."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NoReturn

import orjson

from apps.courses.moments import parse_datetime

MAX_DEPTH = 64
# Several times what any body of 5 MiB that says something has; without a bound, one of brackets takes seconds to parse.
MAX_CONTAINERS = 500_000
MAX_COMMAS = 1_000_000
MAX_INTEGER = 2**63 - 1
MAX_AHEAD = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong: `pointer` is a JSON pointer (RFC 6901) into the body, empty for the body itself."""

    pointer: str
    detail: str


class Malformed(Exception):
    """An authentic body that cannot be understood; names every fault found."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(f"{fault.pointer or 'body'}: {fault.detail}" for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Envelope:
    """`timestamp` is when it happened, on the source's clock. It and `data` are checked by `checked`, once the type is known."""

    type: str
    body: dict[str, Any]

    def happened_at(self, *, now: datetime) -> datetime:
        try:
            timestamp = parse_datetime(self.body.get("timestamp"))
        except ValueError as error:
            raise Malformed(Fault("/timestamp", str(error))) from error
        if timestamp > now + MAX_AHEAD:
            raise Malformed(Fault("/timestamp", "is more than 5 minutes ahead of our clock"))
        return timestamp


def parse_envelope(raw: bytes) -> Envelope:
    """Raises Malformed."""
    if raw.lstrip(b" \t\r\n")[:1] in (b"[", b'"'):
        raise Malformed(_NO_OBJECT)
    return envelope(parse_json(raw))


def envelope(body: Any) -> Envelope:
    """Raises Malformed."""
    if not isinstance(body, dict):
        raise Malformed(_NO_OBJECT)
    if not isinstance(body.get("type"), str) or not body["type"]:
        raise Malformed(Fault("/type", "must be the name of the event"))
    return Envelope(body["type"], body)


def parse_json(raw: bytes) -> Any:
    """Any JSON value that every parser reads the same way. Raises Malformed."""
    containers = raw.count(b"{") + raw.count(b"[")
    if containers > MAX_CONTAINERS or raw.count(b",") > MAX_COMMAS:
        raise Malformed(_TOO_MANY)
    try:
        return _read_at_once(raw, may_be_deep=containers > MAX_DEPTH)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError, _Doubtful):
        return _read_strictly(raw)


def parse_again(raw: bytes) -> Any:
    """What parse_json() made of it when it came. What it looks for is not there, and to look is more than half of its work."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return parse_json(raw)


class _Doubtful(Exception):
    """There may be a fault, or none."""


def _read_at_once(raw: bytes, *, may_be_deep: bool) -> Any:
    """By orjson, in half the time. What it would let pass raises _Doubtful."""
    if _has_doubtful_escape(raw) or _has_long_number(raw):
        raise _Doubtful
    value = orjson.loads(raw)
    # Of a key that comes twice one is gone, and with it a colon.
    if orjson.dumps(_deepened(value) if may_be_deep else value).count(b":") != raw.count(b":"):
        raise _Doubtful
    return value


def _has_doubtful_escape(raw: bytes) -> bool:
    """Of NUL, or of a colon. Not asked with `in`, which first tries bytes as a number and makes an exception of it each time."""
    return raw.find(rb"\u00") >= 0 and any(raw.find(escape) >= 0 for escape in _DOUBTFUL_ESCAPES)


def _deepened(value: Any) -> Any:
    """Within so many arrays that orjson refuses to write it if it is too deep by itself. They took half the time of reading a short body."""
    for _ in range(_ORJSON_DEPTH - MAX_DEPTH):
        value = [value]
    return value


_DOUBTFUL_ESCAPES = (rb"\u0000", rb"\u003a", rb"\u003A")
# So many levels orjson writes, and refuses one more.
_ORJSON_DEPTH = 254


def _read_strictly(raw: bytes) -> Any:
    """Raises Malformed, which says what is wrong."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(Fault("", f"is not UTF-8 at byte {error.start}")) from error
    if text.startswith("\ufeff"):
        raise Malformed(Fault("", "starts with a byte-order mark"))
    numbers: dict[str, Any] = {}
    if _has_long_number(raw):
        numbers = {"parse_int": _integer, "parse_float": _float}
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant, **numbers)
    except json.JSONDecodeError as error:
        raise Malformed(
            Fault("", f"is not JSON at line {error.lineno}, column {error.colno}: {error.msg}")
        ) from error
    except RecursionError as error:
        raise Malformed(_TOO_DEEP) from error
    _check_depth(value)
    if "\\u" in text:
        _check_escapes(value)
    return value


_NO_OBJECT = Fault("", "must be a JSON object")
_TOO_MANY = Fault(
    "", f"has more than {MAX_CONTAINERS:,} objects and arrays, or more than {MAX_COMMAS:,} commas"
)
_TOO_DEEP = Fault("", f"is nested more than {MAX_DEPTH} levels deep")


_SHAPES = bytes.maketrans(b"123456789E", b"000000000e")


def _has_long_number(raw: bytes) -> bool:
    """Whether any number might not fit in 64 bits; where none can, a Python function a number is spared. Text may look like one."""
    shape = raw.translate(_SHAPES, delete=b"+-")
    return shape.find(b"0" * 18) >= 0 or shape.find(b"e000") >= 0


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise Malformed(Fault("", f"an object has the key {twice[:100]!r} twice"))
    return found


def _integer(digits: str) -> int:
    if len(digits) <= 20 and -MAX_INTEGER - 1 <= (number := int(digits)) <= MAX_INTEGER:
        return number
    raise Malformed(Fault("", f"the integer {digits[:25]} does not fit in 64 bits"))


def _float(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise Malformed(Fault("", f"the number {digits[:25]} overflows"))
    return number


def _constant(name: str) -> NoReturn:
    raise Malformed(Fault("", f"{name} is not a JSON number"))


def _check_depth(value: Any) -> None:
    """Level by level, so that a deep body costs no stack and a wide one no more than its containers."""
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(MAX_DEPTH):
        if not level:
            return
        level = [
            child
            for container in level
            for child in (container.values() if isinstance(container, dict) else container)
            if isinstance(child, (dict, list))
        ]
    if level:
        raise Malformed(_TOO_DEEP)


def _check_escapes(value: Any) -> None:
    """Only an escape can hold what PostgreSQL and UTF-8 cannot: NUL and half a surrogate pair."""
    text = json.dumps(value, ensure_ascii=False)
    # Without its escaped backslashes, so that the six characters "\\u0000" are not taken for the one they spell.
    if "\\u0000" in text.replace("\\\\", ""):
        raise Malformed(Fault("", "holds a NUL character"))
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Malformed(Fault("", "holds half of a surrogate pair")) from error
