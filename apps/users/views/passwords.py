"""/auth/password/: changing one, and choosing another for one that is forgotten."""

from django.db import transaction
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.languages import speaking
from apps.core.openapi import problems
from apps.users import passwords
from apps.users.authentication import session_of, user_of
from apps.users.password_rules import check_password
from apps.users.serializers import AddressSerializer, PasswordChangeSerializer, ResetSerializer
from apps.users.throttling import sixty_a_minute
from apps.users.views.languages import language_of
from apps.users.views.signed_out import SignedOutView


@extend_schema(tags=["auth"])
@method_decorator(cache_control(no_store=True), name="dispatch")
class ChangePassword(APIView):
    throttle_classes = [sixty_a_minute("changes of a password")]

    @extend_schema(
        operation_id="change_password",
        summary="Change the password",
        description="Ends all other sessions of the user; this one goes on. A wrong current password counts as a wrong sign-in.",
        request=PasswordChangeSerializer,
        responses={204: None, **problems(400, 401, 415, 429)},
    )
    def post(self, request: Request) -> Response:
        user = user_of(request)
        with speaking(user.language):
            serializer = PasswordChangeSerializer(data=request.data)
            serializer.is_valid(raise_exception=True)
            current, new = serializer.validated_data.values()
            names = {"first_name": user.first_name, "last_name": user.last_name}
            check_password(new, email=user.email, **names, field="new_password")
            passwords.change(session=session_of(request), current=current, new=new, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(tags=["auth"])
class AskForReset(SignedOutView):
    throttle_classes = [sixty_a_minute("resets")]

    @extend_schema(
        operation_id="ask_for_password_reset",
        summary="Send a key to choose another password with",
        description="Good for an hour. The answer is the same whether or not the address has an account; the letter says. Five an hour for one "
        "address.",
        request=AddressSerializer,
        responses={202: None, **problems(400, 415, 429)},
    )
    def post(self, request: Request) -> Response:
        language = language_of(request)
        with speaking(language):
            serializer = AddressSerializer(data=request.data)
            serializer.is_valid(raise_exception=True)
        passwords.ask_for_reset(**serializer.validated_data, language=language, now=timezone.now())
        return Response(status=status.HTTP_202_ACCEPTED)


@extend_schema(tags=["auth"])
class ResetPassword(SignedOutView):
    throttle_classes = [sixty_a_minute("chosen passwords")]

    @extend_schema(
        operation_id="reset_password",
        summary="Choose another password",
        description="With the key of the letter, once. Every session of the account ends.",
        request=ResetSerializer,
        responses={204: None, **problems(400, 415, 429)},
    )
    def post(self, request: Request) -> Response:
        with speaking(language_of(request)):
            serializer = ResetSerializer(data=request.data)
            serializer.is_valid(raise_exception=True)
            with transaction.atomic():
                passwords.reset(**serializer.validated_data, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
