"""Request bodies of the API: JSON, of a bounded size and depth."""

from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework import parsers
from rest_framework.exceptions import ParseError

from apps.core.errors import TooLarge


class JSONParser(parsers.JSONParser):
    """DRF's parser reads any length and lets a deeply nested body through as a RecursionError."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        request = (parser_context or {}).get("request")
        if limit and request is not None and int(request.META.get("CONTENT_LENGTH") or 0) > limit:
            raise TooLarge(f"A body may have at most {limit} bytes.")
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError("The JSON is nested too deeply.") from error
