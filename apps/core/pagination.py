"""Pages of lists (with a count) and of feeds (newest first, without)."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError
from django.db.models import QuerySet
from rest_framework import pagination
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core import keyset
from apps.core.paging import MAX_PAGE_SIZE, PAGE_SIZE, Page


class KeysetPagination(pagination.PageNumberPagination):
    """{"count", "next", "previous", "results"} in the order of the view's queryset. Parameters other than those of paging are refused."""

    page_size_query_param = "page_size"

    def paginate_queryset(
        self, queryset: QuerySet[Any] | Sequence[Any], request: Request, view: APIView | None = None
    ) -> list[Any]:
        assert isinstance(queryset, QuerySet)
        self._asked = Page.parse(request, known=())
        self._count = queryset.count()
        self._asked.check(self._count)
        key = keyset.columns(queryset)
        rows = list(keyset.cut(self._asked, queryset, key))
        shown = rows[: self._asked.size]
        keys = [tuple(_plain(getattr(row, column.name)) for column in key) for row in shown]
        self._window = keyset.window(self._asked, keys, more=len(rows) > len(shown))
        return shown[::-1] if keyset.is_backwards(self._asked) else shown

    def get_paginated_response(self, data: Any) -> Response:
        links = {
            "next": self._asked.link(self._window.next),
            "previous": self._asked.link(self._window.previous),
        }
        return Response({"count": self._count, **links, "results": data})

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        cursor = {
            "name": "cursor",
            "in": "query",
            "required": False,
            "description": "From the links of an answer.",
            "schema": {"type": "string"},
        }
        return [cursor, *super().get_schema_operation_parameters(view)]


def _plain(value: Any) -> str | int | float:
    return value if isinstance(value, (int, float)) else str(value)


class CursorPagination(pagination.CursorPagination):
    """{"next", "previous", "results"}. A view whose rows have no `created_at` sets `ordering` to an indexed, unchanging column."""

    page_size = PAGE_SIZE
    page_size_query_param = "page_size"
    max_page_size = MAX_PAGE_SIZE
    ordering = "-created_at"

    def paginate_queryset(
        self,
        queryset: QuerySet[Any] | Sequence[Any],
        request: Request,
        view: APIView | None = None,
    ) -> list[Any] | None:
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, ValidationError, DataError) as error:
            # The position inside a cursor is the client's word; DRF hands it to the column unchecked.
            raise NotFound(self.invalid_cursor_message) from error
