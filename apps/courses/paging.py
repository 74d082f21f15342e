"""Pages whose results are already JSON: the envelopes of core's pagination, written around bytes."""

import json
import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import QueryDict
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.utils.urls import remove_query_param, replace_query_param

from apps.core.pagination import MAX_PAGE_SIZE, PAGE_SIZE
from apps.courses.render import to_text

_PAGING = ("page", "page_size")
_CURSOR = re.compile(r"(before|after)-(\d{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Page:
    """`key` names the query for the cache: the same parameters in another order are the same page."""

    number: int
    size: int
    url: str
    key: str

    @classmethod
    def parse(cls, request: Request, *, known: Iterable[str] | None = None, size: int = PAGE_SIZE) -> Self:
        """Raises ValidationError naming the parameter; with `known`, also for any other than paging and these."""
        params = request.query_params
        errors = {} if known is None else _strangers(params, {*known, *_PAGING})
        number = _number(params.get("page", "1"), "page", errors, upto=10_000_000)
        size = _size(params, size, errors)
        if errors:
            raise ValidationError(errors)
        return cls(number, size, request.build_absolute_uri(), _key(params))

    @property
    def slice(self) -> slice:
        return slice((self.number - 1) * self.size, self.number * self.size)

    def envelope(self, count: int, results: str) -> bytes:
        """The page as bytes; `results` is the inside of a JSON array. Raises NotFound beyond the last page."""
        last = max(1, -(-count // self.size))
        if self.number > last:
            raise NotFound(f"The last page is {last}.")
        following = replace_query_param(self.url, "page", self.number + 1) if self.number < last else None
        previous = None
        if self.number == 2:
            previous = remove_query_param(self.url, "page")
        elif self.number > 2:
            previous = replace_query_param(self.url, "page", self.number - 1)
        links = f'"next":{json.dumps(following)},"previous":{json.dumps(previous)}'
        return f'{{"count":{count},{links},"results":[{results}]}}'.encode()


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a feed whose rows have growing ids: before this id, or after it. What is added later moves no place."""

    after: bool
    id: int

    def __str__(self) -> str:
        return f"{'after' if self.after else 'before'}-{self.id}"


@dataclass(frozen=True, slots=True)
class CursorPage:
    """A page of a feed, newest first, without a count. Without a cursor it is the newest."""

    cursor: Cursor | None
    size: int
    url: str
    key: str

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Raises ValidationError naming the parameter."""
        params = request.query_params
        errors = _strangers(params, ("cursor", "page_size"))
        size = _size(params, PAGE_SIZE, errors)
        cursor = None
        if "cursor" in params:
            if found := _CURSOR.fullmatch(params["cursor"]):
                cursor = Cursor(found[1] == "after", int(found[2]))
            else:
                errors["cursor"] = ["This is not a cursor of this list."]
        if errors:
            raise ValidationError(errors)
        return cls(cursor, size, request.build_absolute_uri(), _key(params))

    def cut(self, rows: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
        """The rows of the page and one more, which tells whether the feed goes on; nearest to the cursor first."""
        if self.cursor is None:
            return rows.order_by("-id")[: self.size + 1]
        if self.cursor.after:
            return rows.filter(id__gt=self.cursor.id).order_by("id")[: self.size + 1]
        return rows.filter(id__lt=self.cursor.id).order_by("-id")[: self.size + 1]

    def envelope(self, rows: Sequence[dict[str, Any]]) -> bytes:
        """The page as bytes, of what `cut` gave; each row has its `id`."""
        shown, more = list(rows[: self.size]), len(rows) > self.size
        forward = self.cursor is not None and self.cursor.after
        if forward:
            shown.reverse()
        older = Cursor(after=False, id=shown[-1]["id"]) if shown and (more or forward) else None
        newer = (
            Cursor(after=True, id=shown[0]["id"]) if shown and self.cursor and (more or not forward) else None
        )
        return to_text({"next": self._link(older), "previous": self._link(newer), "results": shown}).encode()

    def _link(self, cursor: Cursor | None) -> str | None:
        return replace_query_param(self.url, "cursor", str(cursor)) if cursor else None


def _strangers(params: QueryDict, known: Container[str]) -> dict[str, list[str]]:
    return {name: ["This is not a parameter of this list."] for name in params if name not in known}


def _size(params: QueryDict, default: int, errors: dict[str, list[str]]) -> int:
    text = params.get("page_size", str(default))
    return min(_number(text, "page_size", errors, upto=10_000_000), MAX_PAGE_SIZE)


def _key(params: QueryDict) -> str:
    return urlencode(sorted((name, value) for name, values in params.lists() for value in values))


def _number(text: str, name: str, errors: dict[str, list[str]], *, upto: int) -> int:
    if text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= upto:
        return int(text)
    errors[name] = ["Give a whole number from 1."]
    return 1
