"""/me/export/."""

from django.db import transaction
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.openapi import problems
from apps.users import exporting
from apps.users.authentication import user_of
from apps.users.models import Export
from apps.users.throttling import ExportThrottle

RETRY_AFTER = 10


class ExportOnItsWaySerializer(serializers.ModelSerializer[Export]):
    class Meta:
        model = Export
        fields = ["requested_at"]


@extend_schema(tags=["me"])
@method_decorator(cache_control(private=True, no_store=True), name="dispatch")
class MyExport(APIView):
    throttle_classes = [ExportThrottle]

    @extend_schema(
        operation_id="my_export",
        summary="Everything that is held about the user",
        description="One JSON object, with a list for each kind of thing. Little is answered at once. Much is put together by a worker: the "
        "answer is 202, and the same request, sent again after Retry-After, gets it once it is there; it is kept for 24 hours. "
        "Ten requests a minute.",
        responses={
            200: OpenApiTypes.OBJECT,
            202: ExportOnItsWaySerializer,
            **problems(401, 429),
        },
        parameters=[
            OpenApiParameter(
                "Retry-After", int, OpenApiParameter.HEADER, response=[202], description="Seconds."
            ),
            OpenApiParameter("Location", str, OpenApiParameter.HEADER, response=[202]),
        ],
    )
    def get(self, request: Request) -> HttpResponseBase:
        user, now = user_of(request).pk, timezone.now()
        if not exporting.is_large(user):
            return HttpResponse(b"".join(exporting.written(user, now=now)), headers=_FILE)
        with transaction.atomic():
            export = exporting.order(user=user, now=now)
        if export.finished_at is None:
            headers = {"Location": request.path, "Retry-After": str(RETRY_AFTER)}
            body = ExportOnItsWaySerializer(export).data
            return Response(body, status=status.HTTP_202_ACCEPTED, headers=headers)
        return StreamingHttpResponse(exporting.read(export), headers=_FILE)


_FILE = {
    "Content-Type": "application/json",
    "Content-Disposition": 'attachment; filename="campanile.json"',
}
