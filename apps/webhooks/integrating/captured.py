"""A request as somebody wrote it down: headers, and perhaps the body after an empty line."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

_BLANK = re.compile(rb"\r?\n\r?\n")


class Unreadable(Exception):
    """A line is neither a header nor the first line of a request."""


@dataclass(frozen=True, slots=True)
class Captured:
    """Names of headers are in lower case. `body` is None when nothing follows the headers."""

    headers: Mapping[str, str]
    body: bytes | None


def read(raw: bytes) -> Captured:
    """Headers as a JSON object, or one a line as HTTP has them, also with the `> ` of `curl -v` before them. Raises Unreadable."""
    if raw.lstrip().startswith(b"{"):
        return Captured(_from_json(raw), None)
    head, *rest = _BLANK.split(raw, maxsplit=1)
    headers = {}
    for number, line in enumerate(head.decode("utf-8", "replace").splitlines(), start=1):
        text = line.removeprefix("> ").strip()
        name, colon, value = text.partition(":")
        if not text or (number == 1 and " HTTP/" in text):
            continue
        if not colon or " " in name.strip():
            raise Unreadable(f"line {number} is no header: {text[:80]!r}")
        headers[name.strip().lower()] = value.strip()
    return Captured(headers, rest[0] if rest and rest[0] else None)


def _from_json(raw: bytes) -> dict[str, str]:
    try:
        headers = json.loads(raw)
    except ValueError as error:
        raise Unreadable(f"the headers are not JSON: {error}") from error
    return {str(name).lower(): str(value) for name, value in headers.items()}
