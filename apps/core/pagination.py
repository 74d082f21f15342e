"""Pages of lists (with a count) and of feeds (newest first, without), of views that serve a queryset."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from rest_framework import pagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core import keyset
from apps.core.paging import Page

_CURSOR = {
    "name": "cursor",
    "in": "query",
    "required": False,
    "description": "From the links of an answer.",
    "schema": {"type": "string"},
}


class KeysetPagination(pagination.PageNumberPagination):
    """{"count", "next", "previous", "results"} in the order of the queryset.

    Parameters are refused unless they are those of paging, or the view's own, named by its `parameters`.
    """

    page_size_query_param = "page_size"
    counted = True

    def paginate_queryset(
        self, queryset: QuerySet[Any] | Sequence[Any], request: Request, view: APIView | None = None
    ) -> list[Any]:
        assert isinstance(queryset, QuerySet)
        known = getattr(view, "parameters", ())
        self._asked = Page.parse(request, known=known, numbered=self.counted)
        self._count: dict[str, int] = {}
        if self.counted:
            self._count["count"] = queryset.count()
            self._asked.check(self._count["count"])
        key = keyset.columns(queryset)
        rows = list(keyset.cut(self._asked, queryset, key))
        shown = rows[: self._asked.size]
        keys = [tuple(keyset.plain(getattr(row, column.name)) for column in key) for row in shown]
        self._window = keyset.window(self._asked, keys, more=len(rows) > len(shown))
        return shown[::-1] if keyset.is_backwards(self._asked) else shown

    def get_paginated_response(self, data: Any) -> Response:
        links = {
            "next": self._asked.link(self._window.next),
            "previous": self._asked.link(self._window.previous),
        }
        return Response({**self._count, **links, "results": data})

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [_CURSOR, *super().get_schema_operation_parameters(view)]


class FeedPagination(KeysetPagination):
    """{"next", "previous", "results"}, by cursor alone."""

    counted = False

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            each
            for each in super().get_schema_operation_parameters(view)
            if each["name"] != self.page_query_param
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        found = super().get_paginated_response_schema(schema)
        del found["properties"]["count"]
        return {**found, "required": ["results"]}
