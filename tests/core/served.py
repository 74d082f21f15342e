"""A small site around cached_response, as the catalogue's views are around it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

from apps.core.cached_response import cached_response
from apps.core.copies import Rendered
from apps.core.revision import CommittedRevision


@dataclass
class Catalogue:
    """What is committed, and how often it was rendered."""

    number: int = 1
    title: str = "Algorithms"
    rendered: int = 0
    entered: int = 0
    revision: CommittedRevision = field(init=False)

    def __post_init__(self) -> None:
        self.revision = CommittedRevision(lambda: self.number, max_age=0, patience=60)

    def commit(self, title: str) -> None:
        self.title = title
        self.number += 1

    def render(self, request: HttpRequest) -> Callable[[], Rendered]:
        def rendering() -> Rendered:
            self.rendered += 1
            link = request.build_absolute_uri()
            return Rendered(
                json.dumps({"title": self.title, "link": link, "pad": "x" * 2000}).encode(), self.number
            )

        return rendering


catalogue = Catalogue()


def courses(request: HttpRequest) -> HttpResponse:
    catalogue.entered += 1
    return cached_response(
        request,
        key=request.get_full_path(),
        lifetime=60,
        render=catalogue.render(request),
        revision=catalogue.revision,
    )


def plain(request: HttpRequest) -> HttpResponse:
    return HttpResponse("plain")


def streaming(request: HttpRequest) -> StreamingHttpResponse:
    def parts() -> Any:
        yield b"half"
        raise ZeroDivisionError("a secret detail")

    return StreamingHttpResponse(parts())


def raising(request: HttpRequest, secret: str = "") -> HttpResponse:
    raise ZeroDivisionError("a secret detail")


urlpatterns = [
    path("courses/", courses),
    path("plain/", plain),
    path("streaming/", streaming),
    path("raising/", raising),
    path("calendar/broken-<secret>.ics", raising),
    path("calendar/<secret>.ics", lambda request, secret: HttpResponse(secret)),
]
handler400 = "apps.core.error_pages.bad_request"
handler403 = "apps.core.error_pages.permission_denied"
handler404 = "apps.core.error_pages.not_found"
handler500 = "apps.core.error_pages.server_error"
