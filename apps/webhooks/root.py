"""GET /: what this is, where things are, and how current the catalogue is."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.openapi import problems
from apps.courses.cache import catalogue_revision
from apps.webhooks.models import Delivery


class RootSchema(serializers.Serializer[Any]):
    name = serializers.CharField()
    api = serializers.URLField()
    docs = serializers.URLField()
    schema = serializers.URLField()
    revision = serializers.IntegerField(help_text="Of the catalogue: it grows with every change.")
    synced_at = serializers.DictField(
        child=serializers.DateTimeField(allow_null=True),
        help_text="By source: when its last delivery was processed.",
    )


class Root(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(operation_id="root", responses={200: RootSchema, **problems(503)})
    def get(self, request: Request) -> Response:
        return Response(
            {
                "name": "Campanile",
                "api": request.build_absolute_uri("/api/v1/"),
                "docs": request.build_absolute_uri("/api/docs/"),
                "schema": request.build_absolute_uri("/api/schema/"),
                "revision": catalogue_revision.current().revision,
                "synced_at": Delivery.objects.synced_at(settings.WEBHOOK_SECRETS),
            }
        )
