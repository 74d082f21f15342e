"""Lists a page at a time. The links of a page lead on from the keys of its rows, so what comes or goes elsewhere moves nobody's place."""

import base64
import json
import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeVar
from urllib.parse import urlencode

import orjson
from django.http import QueryDict
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.utils.urls import remove_query_param, replace_query_param

T = TypeVar("T")
Key = tuple[str | int | float, ...]

PAGE_SIZE = 50
MAX_PAGE_SIZE = 200
NO_CURSOR = "This is not a cursor of this list."
_CURSOR = re.compile(r"[A-Za-z0-9_-]{1,2000}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a list: after the row with this key, or before it. Clients get it as an opaque text."""

    after: bool
    key: Key

    def __str__(self) -> str:
        text = json.dumps([int(self.after), *self.key], ensure_ascii=False, separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError. What the key means is for its list to tell: see NO_CURSOR."""
        if not _CURSOR.fullmatch(text):
            raise ValueError
        found = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode())
        if not isinstance(found, list) or found[:1] not in ([0], [1]) or not all(map(_is_plain, found)):
            raise ValueError
        return cls(bool(found[0]), tuple(found[1:]))


def _is_plain(value: Any) -> bool:
    """Of a type keys are made of, and nothing that a database refuses to compare."""
    match value:
        case bool():
            return False
        case int():
            return abs(value) < 2**63
        case float():
            return math.isfinite(value)
        case str():
            return "\0" not in value and value.encode("utf-8", "replace").decode() == value
    return False


@dataclass(frozen=True, slots=True)
class Window:
    """Where the rows of a page lie: what leads to those before and after, if there are any."""

    previous: Position | None = None
    next: Position | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Asked for by a position, or by a number from the list's beginning as it is now.

    `query` names the request for a cache: the same parameters in another order are the same page.
    """

    number: int
    position: Position | None
    size: int
    url: str
    query: str

    @classmethod
    def parse(
        cls,
        request: Request,
        *,
        known: Iterable[str] | None = None,
        size: int = PAGE_SIZE,
        numbered: bool = True,
    ) -> Self:
        """Raises ValidationError naming the parameter; with `known`, also for any other than paging and these."""
        params = request.query_params
        paging = {"cursor", "page_size", *(["page"] if numbered else [])}
        errors = {} if known is None else _strangers(params, {*known, *paging})
        number = _number(params.get("page", "1"), "page", errors) if numbered else 1
        size = min(_number(params.get("page_size", str(size)), "page_size", errors), MAX_PAGE_SIZE)
        position = None
        if "cursor" in params:
            try:
                position = Position.parse(params["cursor"])
            except ValueError:
                errors["cursor"] = [NO_CURSOR]
            if "page" in params:
                errors["page"] = ["Give a page or a cursor, not both."]
        if errors:
            raise ValidationError(errors)
        return cls(number, position, size, request.build_absolute_uri(), _named(params))

    def cut(self, items: Sequence[T], keys: Iterable[Key]) -> tuple[Sequence[T], Window]:
        """The page of a list in memory, whose items are sorted by these keys."""
        keys = _distinct(keys)
        if self.position is None:
            start = (self.number - 1) * self.size
        else:
            try:
                if self.position.after:
                    start = bisect_right(keys, self.position.key)
                else:
                    start = max(0, bisect_left(keys, self.position.key) - self.size)
            except TypeError as error:
                raise ValidationError({"cursor": [NO_CURSOR]}) from error
        shown = keys[start : start + self.size]
        if self.position and not self.position.after:
            shown = shown[: bisect_left(shown, self.position.key)]
        end = start + len(shown)
        return items[start:end], self.window(shown, earlier=start > 0, later=end < len(items))

    def window(self, keys: Sequence[Key], *, earlier: bool, later: bool) -> Window:
        """Of rows with these keys, in the list's order, when there are others before and after them."""
        return Window(
            previous=Position(after=False, key=keys[0]) if keys and earlier else None,
            next=Position(after=True, key=keys[-1]) if keys and later else None,
        )

    def envelope(self, results: bytes, window: Window, *, count: int | None = None) -> bytes:
        """The page as bytes; `results` is the inside of a JSON array. Raises NotFound beyond the last page."""
        counted = b""
        if count is not None:
            self.check(count)
            counted = b'"count":%d,' % count
        links = tuple(orjson.dumps(self.link(position)) for position in (window.next, window.previous))
        return b'{%b"next":%b,"previous":%b,"results":[%b]}' % (counted, *links, results)

    def check(self, count: int) -> None:
        """Raises NotFound beyond the last page."""
        if self.number > (last := max(1, -(-count // self.size))):
            raise NotFound(f"The last page is {last}.")

    def link(self, position: Position | None) -> str | None:
        if position is None:
            return None
        return str(replace_query_param(remove_query_param(self.url, "page"), "cursor", str(position)))


def _distinct(keys: Iterable[Key]) -> list[Key]:
    """Equal rows are told apart by their number."""
    found: list[Key] = []
    last, repeated = None, 0
    for key in keys:
        repeated = repeated + 1 if key == last else 0
        found.append((*key, repeated))
        last = key
    return found


def _strangers(params: QueryDict, known: Container[str]) -> dict[str, list[str]]:
    return {name: ["This is not a parameter of this list."] for name in params if name not in known}


def _named(params: QueryDict) -> str:
    return urlencode(sorted((name, value) for name, values in params.lists() for value in values))


def _number(text: str, name: str, errors: dict[str, list[str]]) -> int:
    if text.isascii() and text.isdigit() and len(text) < 9 and int(text) >= 1:
        return int(text)
    errors[name] = ["Give a whole number from 1."]
    return 1
