"""POST /webhooks/{source}/ on a shorter way to its view than through Django's handler, which was two fifths of what receiving a delivery cost.

It leads to the view that config/urls.py names. Whatever is not plainly such a request goes on to Django, which answers the same.
"""

import re
from wsgiref.types import WSGIApplication, WSGIEnvironment

from django.http import HttpRequest, HttpResponse

from apps.core.short_way import ShortWay
from apps.webhooks.views import receive

_PATH = re.compile(r"/webhooks/[A-Za-z0-9_-]+/")


def deliveries(application: WSGIApplication) -> ShortWay:
    return ShortWay(application, leads=_is_plain, view=_receive)


def _is_plain(environ: WSGIEnvironment) -> bool:
    """Cookies come from browsers alone, and Django's protection of forms looks at them."""
    return (
        environ["REQUEST_METHOD"] == "POST"
        and _PATH.fullmatch(environ["PATH_INFO"]) is not None
        and "HTTP_COOKIE" not in environ
    )


def _receive(request: HttpRequest) -> HttpResponse:
    _, _, source, _ = request.path_info.split("/")
    return receive(request, source)
