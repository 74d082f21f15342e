"""GET /rooms/ and /rooms/free/."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from apps.core.cached_response import cached_response
from apps.core.copies import Rendered
from apps.core.openapi import problems
from apps.core.paging import MAX_PAGE_SIZE, Page
from apps.courses import rooms
from apps.courses.cache import LIST_LIFETIME, catalogue_revision
from apps.courses.render import page_of
from apps.courses.schema import FREE_ROOM_PARAMETERS, PAGING_PARAMETERS, FreeRoomPageSchema, RoomPageSchema
from apps.courses.views.access import CatalogueView


class RoomList(CatalogueView):
    @extend_schema(
        operation_id="rooms_list",
        parameters=PAGING_PARAMETERS,
        responses={200: RoomPageSchema, **problems(400, 404)},
    )
    def get(self, request: Request) -> HttpResponse:
        """Every room that an entry, an exception or an exam names."""
        page = Page.parse(request, known=(), size=MAX_PAGE_SIZE)
        return _cached(request, f"rooms?{page.query}", page, rooms.read)


class FreeRooms(CatalogueView):
    @extend_schema(
        operation_id="rooms_free",
        parameters=FREE_ROOM_PARAMETERS,
        responses={200: FreeRoomPageSchema, **problems(400, 404)},
    )
    def get(self, request: Request) -> HttpResponse:
        """The rooms in which nothing is held from one moment to another."""
        page = Page.parse(request, known=("at", "until"), size=MAX_PAGE_SIZE)
        window = rooms.Window.parse(request.query_params)
        return _cached(request, f"rooms/free?{page.query}", page, lambda: rooms.read_free(window))


def _cached(
    request: Request, key: str, page: Page, read: Callable[[], tuple[int, list[dict[str, Any]]]]
) -> HttpResponse:
    def render() -> Rendered:
        revision, items = read()
        return Rendered(page_of(page, items, ((item["name"],) for item in items)), revision)

    return cached_response(
        request, key=key, lifetime=LIST_LIFETIME, render=render, revision=catalogue_revision
    )
