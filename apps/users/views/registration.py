"""/auth/register/ and /auth/email/: from wanting an account to having one."""

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.languages import speaking
from apps.core.openapi import problems
from apps.users import registration
from apps.users.serializers import (
    AddressSerializer,
    ConfirmationSerializer,
    RegisteredSerializer,
    RegistrationSerializer,
)
from apps.users.throttling import sixty_a_minute
from apps.users.views.languages import language_of
from apps.users.views.signed_out import SignedOutView


@extend_schema(tags=["auth"])
class Register(SignedOutView):
    throttle_classes = [sixty_a_minute("registrations")]

    @extend_schema(
        operation_id="register",
        summary="Ask for an account",
        description="A letter goes to the address, with a key that confirms it within three days. Until then there is no account, and whoever "
        "registers the address again starts over. An address that has an account gets the same answer, and a letter that says so. Five an "
        "hour for one address to register.",
        request=RegistrationSerializer,
        responses={201: RegisteredSerializer, **problems(400, 415, 429)},
    )
    def post(self, request: Request) -> Response:
        asked = request.data.get("language") if isinstance(request.data, dict) else None
        with speaking(asked if isinstance(asked, str) else language_of(request)):
            serializer = RegistrationSerializer(data=request.data)
            serializer.is_valid(raise_exception=True)
        registration.register(**serializer.validated_data, now=timezone.now())
        return Response(RegisteredSerializer(serializer.validated_data).data, status=status.HTTP_201_CREATED)


@extend_schema(tags=["auth"])
class ConfirmEmail(SignedOutView):
    throttle_classes = [sixty_a_minute("confirmations")]

    @extend_schema(
        operation_id="confirm_email",
        summary="Confirm an address, and have an account",
        description="With the key of the letter, once. Then the password signs in.",
        request=ConfirmationSerializer,
        responses={204: None, **problems(400, 415, 429)},
    )
    def post(self, request: Request) -> Response:
        with speaking(language_of(request)):
            serializer = ConfirmationSerializer(data=request.data)
            serializer.is_valid(raise_exception=True)
            with transaction.atomic():
                registration.confirm(**serializer.validated_data, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(tags=["auth"])
class ResendConfirmation(SignedOutView):
    throttle_classes = [sixty_a_minute("resent confirmations")]

    @extend_schema(
        operation_id="resend_confirmation",
        summary="Send another key to confirm an address with",
        description="The key before is void. The answer is the same whatever waits for the address; the letter says what does. Five an hour "
        "for one address.",
        request=AddressSerializer,
        responses={202: None, **problems(400, 415, 429)},
    )
    def post(self, request: Request) -> Response:
        language = language_of(request)
        with speaking(language):
            serializer = AddressSerializer(data=request.data)
            serializer.is_valid(raise_exception=True)
        registration.resend(**serializer.validated_data, language=language, now=timezone.now())
        return Response(status=status.HTTP_202_ACCEPTED)
