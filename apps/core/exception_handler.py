"""The one place where an exception of a DRF view becomes application/problem+json."""

from collections.abc import Iterator
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as ModelValidationError
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error
from rest_framework.settings import api_settings
from rest_framework.views import set_rollback

from apps.core.errors import MEDIA_TYPE, Fault, Problem, TooLarge, Unavailable, document

log = structlog.get_logger(__name__)
NOT_OF_A_FIELD = {api_settings.NON_FIELD_ERRORS_KEY, "__all__", "detail"}


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """None for what nobody foresaw: Django then logs it and answers 500 (see apps/core/error_pages.py)."""
    translated = _translate(error)
    match translated:
        case Problem():
            body, status, headers = translated.document(), translated.status, translated.headers
        case exceptions.APIException():
            body, status, headers = _document(translated), translated.status_code, _headers(translated)
        case _:
            return None
    set_rollback()
    return Response(body, status=status, headers=headers, content_type=MEDIA_TYPE)


def _translate(error: Exception) -> Exception:
    match error:
        case OperationalError() | InterfaceError():
            log.warning("database away", exc_info=error)
            return Unavailable()
        case DataError():
            # A value PostgreSQL cannot hold got past validation: the client's mistake, and ours to know about.
            log.error("value refused by the database", exc_info=error)
            return exceptions.ValidationError("A value is out of range.")
        case Http404():
            return exceptions.NotFound()
        case PermissionDenied():
            return exceptions.PermissionDenied()
        case RequestDataTooBig():
            return TooLarge()
        case SuspiciousOperation():
            return exceptions.ParseError()
        case ModelValidationError():
            return exceptions.ValidationError(as_serializer_error(error))
    return error


def _document(error: exceptions.APIException) -> dict[str, Any]:
    if isinstance(error.detail, dict) and "detail" in error.detail and "code" in error.detail:
        # simplejwt's shape: one sentence and one code, in a dictionary.
        return document(error.status_code, str(error.detail["detail"]), slug=str(error.detail["code"]))
    if isinstance(error.detail, (list, dict)):
        return document(
            error.status_code,
            "The request is not valid.",
            slug=error.default_code,
            errors=list(faults(error.detail)),
        )
    return document(error.status_code, str(error.detail), slug=error.detail.code or error.default_code)


def faults(detail: Any, path: tuple[str, ...] = ()) -> Iterator[Fault]:
    """DRF's nested error detail, flattened: {"periods": {"0": {"name": ["..."]}}} is the field "periods.0.name"."""
    match detail:
        case dict():
            for key, value in detail.items():
                yield from faults(value, path if key in NOT_OF_A_FIELD else (*path, str(key)))
        case list():
            for index, value in enumerate(detail):
                inner = isinstance(value, (dict, list))
                yield from faults(value, (*path, str(index)) if inner else path)
        case _:
            fault = Fault(detail=_sendable(str(detail)))
            if path:
                fault["field"] = _sendable(".".join(path))
            if code := getattr(detail, "code", None):
                fault["code"] = code
            yield fault


def _sendable(text: str) -> str:
    """What is quoted from the request may hold a lone surrogate, which JSON can escape and UTF-8 cannot carry."""
    return text.encode(errors="backslashreplace").decode()


def _headers(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    return headers
