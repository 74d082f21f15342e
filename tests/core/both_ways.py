"""Django's handler and a shorter way past it, to be compared."""

from collections.abc import Callable
from wsgiref.types import WSGIApplication

from django.core.handlers.wsgi import WSGIHandler
from pytest_django import Settings

from apps.core.wsgi import Campanile
from apps.courses.cache import catalogue_revision


def both_ways(
    settings: Settings, shortened: Callable[[WSGIApplication], WSGIApplication]
) -> dict[str, WSGIApplication]:
    """As in production, where Django's middlewares have most to do."""
    settings.ALLOWED_HOSTS = ["localhost"]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.SECURE_SSL_REDIRECT = settings.SECURE_HSTS_PRELOAD = True
    settings.SECURE_HSTS_SECONDS = 31_536_000
    django = WSGIHandler()
    return {
        "django": Campanile(django, catalogue=catalogue_revision),
        "short": Campanile(shortened(django), catalogue=catalogue_revision),
    }
