"""GET /sync/."""

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from apps.core.cached_response import cached_response
from apps.core.openapi import problems
from apps.courses import delta
from apps.courses.cache import DOCUMENT_LIFETIME, catalogue_revision
from apps.courses.schema import DeltaSchema
from apps.courses.views.access import CatalogueView


class Sync(CatalogueView):
    @extend_schema(
        parameters=[
            OpenApiParameter("cursor", str, description="From the last answer; none for everything.")
        ],
        responses={200: DeltaSchema, **problems(400, 410)},
    )
    def get(self, request: Request) -> HttpResponse:
        """What changed since the cursor, at most 500 courses an answer. 410 asks the client to start over without one:

        after 90 days of not hearing of a change, or when the cursor is not of this database.
        """
        if unknown := set(request.query_params) - {"cursor"}:
            raise ValidationError(
                {name: ["This is not a parameter of this list."] for name in sorted(unknown)}
            )
        text = request.query_params.get("cursor")
        cursor = delta.Cursor.parse(text) if text else None
        return cached_response(
            request,
            key=f"sync?{cursor or ''}",
            lifetime=DOCUMENT_LIFETIME,
            render=lambda: delta.read(cursor),
            revision=catalogue_revision,
        )
