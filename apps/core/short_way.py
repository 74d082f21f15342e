"""A shorter way to a view than through Django's handler, for requests that most of Django's middlewares have nothing to do for.

It answers as the longer one would, headers included, without its signals and without the middlewares that are not named. What it does
not lead goes on to Django.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIRequest, get_script_name
from django.db import connection
from django.http import HttpRequest
from django.urls import set_script_prefix
from django.utils.log import log_response


class ShortWay:
    """`leads` tells which requests it is for; `middlewares` are those they need, the outermost first."""

    def __init__(
        self,
        application: WSGIApplication,
        *,
        leads: Callable[[WSGIEnvironment], bool],
        view: Callable[[HttpRequest], Any],
        middlewares: Sequence[Callable[[Any], Any]],
    ) -> None:
        self._application = application
        self._leads = leads
        self._respond: Any = convert_exception_to_response(view)
        for middleware in reversed(middlewares):
            self._respond = convert_exception_to_response(middleware(self._respond))

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not self._leads(environ):
            return self._application(environ, start_response)
        # As Django does when a request begins.
        set_script_prefix(get_script_name(environ))
        connection.close_if_unusable_or_obsolete()
        request = WSGIRequest(environ)
        response = self._respond(request)
        if response.status_code >= 400:
            log_response("%s: %s", response.reason_phrase, request.path, response=response, request=request)
        start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
        return response if response.streaming else [response.content]
