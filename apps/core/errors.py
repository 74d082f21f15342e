"""Errors as RFC 9457 problem documents: one exception to raise, one response to return."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, ClassVar, NotRequired, TypedDict

from django.http import JsonResponse

MEDIA_TYPE = "application/problem+json"


class Fault(TypedDict):
    """One thing wrong with a request. `field` is a dotted path into a body or a query parameter, `pointer` an RFC 6901 pointer."""

    field: NotRequired[str]
    pointer: NotRequired[str]
    detail: str
    code: NotRequired[str]


class Problem(Exception):
    """An answer that is an error. Subclasses beside the code that raises them set status, slug and title.

    The slug ends the `type` URI; without one the type is about:blank and the status says it all (RFC 9457, section 4.2.1).
    """

    status: ClassVar[int] = 400
    slug: ClassVar[str] = ""
    title: ClassVar[str] = ""

    def __init__(
        self,
        detail: str = "",
        *,
        errors: Iterable[Fault] = (),
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})
        self.members = members

    def document(self) -> dict[str, Any]:
        return document(
            self.status,
            self.detail,
            slug=self.slug,
            title=self.title,
            errors=self.errors,
            members=self.members,
        )

    def response(self) -> JsonResponse:
        return _response(self.status, self.document(), self.headers)


class Unavailable(Problem):
    """Something we stand on is away; the client may ask again after `retry_after` seconds."""

    status = 503
    slug = "unavailable"

    def __init__(self, detail: str = "Try again shortly.", *, retry_after: int = 1) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


class TooLarge(Problem):
    status = 413
    slug = "too_large"


def problem(
    status: int,
    detail: str = "",
    *,
    slug: str = "",
    title: str = "",
    errors: Iterable[Fault] = (),
    headers: Mapping[str, str] | None = None,
    **members: Any,
) -> JsonResponse:
    """The same answer for views outside DRF that return instead of raising."""
    return _response(
        status, document(status, detail, slug=slug, title=title, errors=errors, members=members), headers
    )


def document(
    status: int,
    detail: str = "",
    *,
    slug: str = "",
    title: str = "",
    errors: Iterable[Fault] = (),
    members: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Members in the order a person reads them; empty ones are left out."""
    written: dict[str, Any] = {
        "type": f"urn:campanile:problem:{slug}" if slug else "about:blank",
        "title": title or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "errors": list(errors),
        **(members or {}),
    }
    return {name: value for name, value in written.items() if value not in ("", [])}


def _response(status: int, body: dict[str, Any], headers: Mapping[str, str] | None) -> JsonResponse:
    return JsonResponse(body, status=status, content_type=MEDIA_TYPE, headers=headers)
