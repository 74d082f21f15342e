"""/me/notification-preferences/."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.utils.cache import set_response_etag
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.conditional import precondition_failed
from apps.core.errors import Problem
from apps.core.openapi import problems
from apps.notifications.models import Preferences
from apps.notifications.preference_serializers import PreferencesSerializer
from apps.notifications.preferences import Refused, change_locked, locked_preferences, preferences_of
from apps.users.authentication import user_of


class PreconditionFailed(Problem):
    status = 412
    slug = "precondition_failed"
    title = "It has changed since it was read."


@extend_schema(tags=["me"])
@method_decorator([cache_control(private=True, no_cache=True), conditional_page], name="dispatch")
class MyNotificationPreferences(APIView):
    @extend_schema(
        operation_id="my_notification_preferences",
        summary="What the user wants to hear of",
        responses={200: PreferencesSerializer, 304: None, **problems(401)},
    )
    def get(self, request: Request) -> Response:
        return Response(PreferencesSerializer(preferences_of(user_of(request).pk)).data)

    @extend_schema(
        operation_id="change_notification_preferences",
        summary="Choose what to hear of",
        description="What is left out stays as it is; a list replaces the one before. It also holds for what was queued and has not rung.",
        request=PreferencesSerializer,
        parameters=[
            OpenApiParameter(
                "If-Match",
                location=OpenApiParameter.HEADER,
                description="The ETag of the preferences that were seen: 412 if they have changed since.",
            )
        ],
        responses={200: PreferencesSerializer, **problems(400, 401, 412, 415)},
    )
    def patch(self, request: Request) -> Response:
        body = PreferencesSerializer(data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        try:
            with transaction.atomic():
                before = locked_preferences(user_of(request).pk)
                if precondition_failed(request.headers.get("If-Match"), _tag(before)):
                    raise PreconditionFailed
                chosen = change_locked(preferences=before, changes=body.validated_data)
        except Refused as error:
            raise ValidationError(_at(error.path, error.detail)) from error
        return Response(PreferencesSerializer(chosen).data, headers={"ETag": _tag(chosen)})


def _tag(preferences: Preferences) -> str:
    """What Django's conditional_page gives the answer to a GET."""
    answer = HttpResponse(JSONRenderer().render(PreferencesSerializer(preferences).data))
    return set_response_etag(answer).headers["ETag"]


def _at(path: Sequence[str], detail: Any) -> Any:
    """As a serializer would have said it."""
    return _at(path[:-1], {path[-1]: detail}) if path else detail
