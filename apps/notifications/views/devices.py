"""/me/devices/."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.openapi import problems
from apps.notifications.devices import register_device, retire_device
from apps.notifications.models import Device, Push
from apps.notifications.serializers import (
    DeviceRequestSerializer,
    DeviceSerializer,
    DeviceTestSerializer,
    ListedDeviceSerializer,
)
from apps.notifications.trials import ask_for_test
from apps.users.authentication import user_of
from apps.users.models import Session, User


@extend_schema(tags=["me"])
@extend_schema_view(
    get=extend_schema(
        operation_id="my_devices",
        summary="The phones that ring for the user",
        responses={200: ListedDeviceSerializer(many=True), **problems(400, 401, 404)},
    )
)
@method_decorator([cache_control(private=True, no_cache=True), conditional_page], name="dispatch")
class MyDevices(generics.ListAPIView[Device]):
    serializer_class = ListedDeviceSerializer
    filter_backends = []

    def get_queryset(self) -> QuerySet[Device]:
        if not isinstance(self.request.user, User):  # the schema is drawn without a user
            return Device.objects.none()
        tests = Prefetch("pushes", Push.objects.tests(), to_attr="tests")
        mine = Device.objects.active().filter(user=self.request.user)
        return mine.prefetch_related(tests).order_by("created_at", "pk")

    @extend_schema(
        operation_id="register_device",
        summary="Ring this phone for the user",
        description="Sent at every start of the app, and when FCM gives the phone another address. An address that is known, whoever's it was,"
        " becomes the caller's, and a new one replaces that of the same sign-in: 200. Of more than 20 phones the one seen longest ago rings no"
        " more, nor does one that was not seen for 60 days.",
        request=DeviceRequestSerializer,
        responses={200: DeviceSerializer, 201: DeviceSerializer, **problems(400, 401, 415)},
    )
    def put(self, request: Request) -> Response:
        body = DeviceRequestSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        session = request.auth.pk if isinstance(request.auth, Session) else None
        with transaction.atomic():
            device, created = register_device(user=user_of(request), session=session, **body.validated_data)
        answer = status.HTTP_201_CREATED if created else status.HTTP_200_OK
        return Response(DeviceSerializer(device).data, status=answer)


class _OfMyDevices(generics.GenericAPIView[Any]):
    lookup_field = "id"

    def get_queryset(self) -> QuerySet[Device]:
        if not isinstance(self.request.user, User):
            return Device.objects.none()
        return Device.objects.active().filter(user=self.request.user)


@extend_schema(tags=["me"])
class MyDevice(_OfMyDevices):
    serializer_class = DeviceSerializer

    @extend_schema(
        operation_id="forget_device",
        summary="Ring this phone no more",
        responses={204: None, **problems(401, 404)},
    )
    def delete(self, request: Request, id: UUID) -> Response:  # the path's word
        retire_device(device=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(tags=["me"])
class TestMyDevice(_OfMyDevices):
    serializer_class = DeviceTestSerializer

    @extend_schema(
        operation_id="test_device",
        summary="Ring this phone to try it out",
        description="Once a minute. What became of it is told by `last_test` of the user's phones. It is in no inbox.",
        request=None,
        responses={202: DeviceTestSerializer, **problems(401, 404, 429)},
    )
    def post(self, request: Request, id: UUID) -> Response:  # the path's word
        test = ask_for_test(device=self.get_object())
        return Response(DeviceTestSerializer(test).data, status=status.HTTP_202_ACCEPTED)
