"""How an answer is rendered: mostly in the only way there is, which takes no looking through what the client accepts."""

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

_ANYTHING = "*/*"


class Negotiation(DefaultContentNegotiation):
    """Decides as its base does, which was a twentieth of a student's week."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> Any:
        first, *others = renderers
        accepted = request.META.get("HTTP_ACCEPT", _ANYTHING) in (_ANYTHING, first.media_type)
        named = format_suffix or self.settings.URL_FORMAT_OVERRIDE in request.query_params
        if accepted and not others and not named:
            return first, first.media_type
        return super().select_renderer(request, [first, *others], format_suffix)
