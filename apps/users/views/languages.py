from django.http import HttpRequest
from django.utils.translation import get_language_from_request

from apps.core.languages import known


def language_of(request: HttpRequest) -> str:
    """Of somebody we do not know: what their browser or phone asks for (Accept-Language)."""
    return known(get_language_from_request(request))
