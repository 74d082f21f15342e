"""Django's handler400, 403, 404 and 500: problem documents, but plain pages where people with browsers work.

config/urls.py names these four. PAGE_PREFIXES in the settings lists the paths of people.
"""

import sys

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views import defaults

from apps.core.errors import TooLarge, Unavailable, problem


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_page(request):
        return defaults.bad_request(request, exception)
    if isinstance(exception, (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)):
        return TooLarge().response()
    return problem(400, "The request cannot be understood.")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return defaults.permission_denied(request, exception) if is_page(request) else problem(403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return defaults.page_not_found(request, exception) if is_page(request) else problem(404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Called while the exception is being handled, so an outage of the database can be told from a bug."""
    if isinstance(sys.exception(), (OperationalError, InterfaceError)):
        return Unavailable().response()
    return defaults.server_error(request) if is_page(request) else problem(500)


def is_page(request: HttpRequest) -> bool:
    return request.path.startswith(settings.PAGE_PREFIXES)
