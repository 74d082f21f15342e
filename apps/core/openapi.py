"""What every endpoint may answer besides success, for the OpenAPI document."""

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
