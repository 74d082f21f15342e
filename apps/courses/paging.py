"""Pages whose results are already JSON text: the envelope of core's pagination, written around bytes."""

import json
from collections.abc import Container
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode

from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.utils.urls import remove_query_param, replace_query_param

from apps.core.pagination import MAX_PAGE_SIZE, PAGE_SIZE

_PAGING = ("page", "page_size")


@dataclass(frozen=True, slots=True)
class Page:
    """`key` names the query for the cache: the same parameters in another order are the same page."""

    number: int
    size: int
    url: str
    key: str

    @classmethod
    def parse(cls, request: Request, *, known: Container[str] | None = None, size: int = PAGE_SIZE) -> Self:
        """Raises ValidationError naming the parameter; with `known`, also for any other than paging and these."""
        params = request.query_params
        errors = {
            name: ["This is not a parameter of this list."]
            for name in params
            if known is not None and name not in known and name not in _PAGING
        }
        number = _number(params.get("page", "1"), "page", errors, upto=10_000_000)
        size = min(
            _number(params.get("page_size", str(size)), "page_size", errors, upto=10_000_000), MAX_PAGE_SIZE
        )
        if errors:
            raise ValidationError(errors)
        key = urlencode(sorted((name, value) for name, values in params.lists() for value in values))
        return cls(number, size, request.build_absolute_uri(), key)

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


def _number(text: str, name: str, errors: dict[str, list[str]], *, upto: int) -> int:
    if text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= upto:
        return int(text)
    errors[name] = ["Give a whole number from 1."]
    return 1
