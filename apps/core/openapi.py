"""What holds for every endpoint, for the OpenAPI document: the answers besides success, and that a PATCH takes parts of nested objects too."""

from collections.abc import Iterator
from typing import Any

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

from apps.core.errors import MEDIA_TYPE

_fault = inline_serializer(
    "ProblemFault",
    {
        "field": serializers.CharField(required=False, help_text="Dotted path of the field or parameter."),
        "pointer": serializers.CharField(required=False, help_text="JSON pointer into the body."),
        "detail": serializers.CharField(),
        "code": serializers.CharField(required=False),
    },
    many=True,
    required=False,
)
PROBLEM = inline_serializer(
    "Problem",
    {
        "type": serializers.CharField(help_text="A URI naming the kind of problem."),
        "title": serializers.CharField(),
        "status": serializers.IntegerField(),
        "detail": serializers.CharField(required=False),
        "errors": _fault,
    },
)


def problems(*statuses: int) -> dict[tuple[int, str], serializers.Serializer[Any]]:
    """For `extend_schema(responses={200: ..., **problems(400, 401, 404)})`."""
    return {(status, MEDIA_TYPE): PROBLEM for status in statuses}


def make_patches_partial(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A postprocessing hook of drf-spectacular, which lets a PATCH leave out fields of its body, but none of the objects within.

    REST framework's serializers do: `partial` is asked of the root.
    """
    schemas = result["components"]["schemas"]
    for name in [name for name in schemas if name.startswith("Patched")]:
        for part in _reached(schemas, schemas[name]):
            part.pop("required", None)
    return result


def _reached(schemas: dict[str, Any], part: Any) -> Iterator[dict[str, Any]]:
    """The components that a part of the document refers to, and those that they do."""
    if isinstance(part, dict):
        if "$ref" in part:
            component = schemas[part["$ref"].rpartition("/")[2]]
            yield component
            yield from _reached(schemas, component)
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from _reached(schemas, each)
