"""/me/deletion/."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.fields import Text
from apps.core.languages import speaking
from apps.core.openapi import problems
from apps.users.authentication import session_of, user_of
from apps.users.deletion import request_deletion, show_who_you_are


class DeletionRequestSerializer(serializers.Serializer[Any]):
    password = Text(
        max_length=1024,
        required=False,
        trim_whitespace=False,
        style={"input_type": "password"},
        help_text="Not needed within five minutes of signing in; a refresh does not count as that.",
    )


class DeletionSerializer(serializers.Serializer[Any]):
    purge_at = serializers.DateTimeField(
        help_text="When everything that is held about the user goes. To sign in before that takes the request back."
    )


@extend_schema(tags=["me"])
@method_decorator(cache_control(no_store=True), name="dispatch")
class MyDeletion(APIView):
    @extend_schema(
        operation_id="delete_me",
        summary="Ask for the deletion of the account",
        description="Signs out everywhere at once, rings no phone any more and sends a letter that says until when signing in takes it back: 14 "
        "days. 403 when there is no password and the last sign-in is older than five minutes. A wrong password counts as a wrong sign-in.",
        request=DeletionRequestSerializer,
        responses={202: DeletionSerializer, **problems(400, 401, 403, 415, 429)},
    )
    def post(self, request: Request) -> Response:
        user, now = user_of(request), timezone.now()
        with speaking(user.language):
            serializer = DeletionRequestSerializer(data=request.data)
            serializer.is_valid(raise_exception=True)
            show_who_you_are(
                session=session_of(request), password=serializer.validated_data.get("password"), now=now
            )
            with transaction.atomic():
                purge_at = request_deletion(user=user, now=now)
        return Response(DeletionSerializer({"purge_at": purge_at}).data, status=status.HTTP_202_ACCEPTED)
