"""/me/."""

from typing import ClassVar

from django.db import transaction
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.openapi import problems
from apps.users.accounts import change_profile
from apps.users.authentication import user_of
from apps.users.serializers import ProfileSerializer


@extend_schema(tags=["me"])
@method_decorator([cache_control(private=True, no_cache=True), conditional_page], name="dispatch")
class Me(APIView):
    # Apps above this one add to what is shown, see apps/courses/views/profile.py.
    serializer_class: ClassVar[type[ProfileSerializer]] = ProfileSerializer

    @extend_schema(
        operation_id="me",
        summary="The signed-in user",
        responses={200: ProfileSerializer, 304: None, **problems(401)},
    )
    def get(self, request: Request) -> Response:
        return Response(self.serializer_class(user_of(request)).data)

    @extend_schema(
        operation_id="change_me",
        summary="Change names, language or time zone",
        description="A field that is unknown or cannot be changed is refused, not passed over.",
        request=ProfileSerializer,
        responses={200: ProfileSerializer, **problems(400, 401, 415)},
    )
    def patch(self, request: Request) -> Response:
        user = user_of(request)
        serializer = self.serializer_class(user, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        with transaction.atomic():
            change_profile(user=user, changes=serializer.validated_data)
        return Response(self.serializer_class(user).data)
