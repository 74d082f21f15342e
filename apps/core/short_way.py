"""A shorter way to a view than through Django's handler, for requests that most of Django's middlewares have nothing to do for.

It answers as the longer one would, headers included, without its signals and without the middlewares that are not named. What it does
not lead goes on to Django.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from io import BytesIO
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.core.exceptions import SuspiciousOperation
from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIRequest, get_script_name
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.middleware.common import CommonMiddleware
from django.middleware.security import SecurityMiddleware
from django.urls import set_script_prefix
from django.utils.log import log_response


class ShortWay:
    """`leads` tells which requests it is for: none that brings or gets cookies, or whose path lacks the slash at its end.

    `middlewares` are those they need beside Django's about hosts and TLS, the outermost first.
    """

    def __init__(
        self,
        application: WSGIApplication,
        *,
        leads: Callable[[WSGIEnvironment], bool],
        view: Callable[[HttpRequest], Any],
        middlewares: Sequence[Callable[[Any], Any]] = (),
    ) -> None:
        self._application = application
        self._leads = leads
        self._respond: Any = convert_exception_to_response(view)
        for middleware in reversed(middlewares):
            self._respond = convert_exception_to_response(middleware(self._respond))
        # To ask each time were 0.13 of the 1.72 million instructions that a delivery took.
        self._always = lru_cache(maxsize=64)(_headers_by_middlewares)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not self._leads(environ) or (always := self._always(*map(environ.get, _SEEN))) is None:
            return self._application(environ, start_response)
        # As Django does when a request begins.
        set_script_prefix(get_script_name(environ))
        connection.close_if_unusable_or_obsolete()
        request = WSGIRequest(environ)
        response = self._respond(request)
        if response.status_code >= 400:
            log_response("%s: %s", response.reason_phrase, request.path, response=response, request=request)
        length = {} if response.streaming else {"Content-Length": str(len(response.content))}
        headers = {**always, **length, **response.headers}
        start_response(f"{response.status_code} {response.reason_phrase}", list(headers.items()))
        return response if response.streaming else [response.content]


# All that the middlewares below look at, of a request that is to be led.
_SEEN = ("wsgi.url_scheme", "HTTP_HOST", "HTTP_X_FORWARDED_PROTO")


def _headers_by_middlewares(*seen: str | None) -> Mapping[str, str] | None:
    """What they add to each answer. None if they would not let the request pass, as one for another host or without TLS."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/",
        "wsgi.input": BytesIO(),
        # Where a request names no host it would be this one, which is none of ours.
        "SERVER_NAME": "",
        "SERVER_PORT": "",
        **{name: value for name, value in zip(_SEEN, seen, strict=True) if value is not None},
    }
    passed = HttpResponse()
    try:
        if SecurityMiddleware(CommonMiddleware(lambda _: passed))(WSGIRequest(environ)) is not passed:
            return None
    except SuspiciousOperation:
        return None
    return {name: value for name, value in passed.items() if not name.startswith("Content-")}
