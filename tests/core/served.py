"""A small site around cached_response, as the catalogue's views are around it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

from apps.core.cached_response import cached_response
from apps.core.committed import News
from apps.core.copies import Rendered
from apps.core.revision import CommittedRevision


@dataclass
class Catalogue:
    """What is committed, and how often it was rendered."""

    number: int = 1
    title: str = "Algorithms"
    rendered: int = 0
    entered: int = 0
    renewable: bool = False
    padding: int = 2000
    revision: CommittedRevision = field(init=False)
    _changed: list[str] = field(default_factory=lambda: ["", ""])

    def __post_init__(self) -> None:
        self.revision = CommittedRevision(self._read, max_age=0, patience=60)

    def _read(self, since: int | None) -> News:
        return News(self.number, () if since is None else self._changed[since + 1 :])

    def commit(self, title: str) -> None:
        self.title = title
        self._commit("title")

    def commit_elsewhere(self) -> None:
        """Something that no answer here is made of."""
        self._commit("elsewhere")

    def _commit(self, part: str) -> None:
        self.number += 1
        self._changed[self.number :] = [part]

    def render(self, request: HttpRequest) -> Callable[[], Rendered]:
        def rendering() -> Rendered:
            self.rendered += 1
            link = request.build_absolute_uri()
            if self.title == "broken":
                raise ZeroDivisionError
            body = json.dumps({"title": self.title, "link": link, "pad": "x" * self.padding}).encode()
            return Rendered(body, self.number, parts=("title",))

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
        renewable=catalogue.renewable,
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
