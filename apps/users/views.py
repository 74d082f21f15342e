from typing import ClassVar

from django.db import transaction
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.openapi import problems
from apps.users import sessions
from apps.users.accounts import change_profile
from apps.users.authentication import CHALLENGE, user_of
from apps.users.serializers import (
    ProfileSerializer,
    RefreshTokenSerializer,
    SignInSerializer,
    TokenPairSerializer,
)
from apps.users.sign_in import sign_in
from apps.users.throttling import RefreshThrottle
from apps.users.tokens import Pair


class BadRefreshToken(AuthenticationFailed):
    default_detail = "The refresh token is no longer good: sign in again."
    default_code = "bad_refresh_token"


@method_decorator(cache_control(no_store=True), name="dispatch")
class TokenView(APIView):
    """For those who are not signed in yet, or no longer. Answers with tokens are never stored (RFC 6749, section 5.1)."""

    authentication_classes = []
    permission_classes = [AllowAny]

    def get_authenticate_header(self, request: Request) -> str:
        """Without authenticators DRF would turn 401 into 403."""
        return CHALLENGE


@extend_schema(tags=["auth"])
class SignIn(TokenView):
    @extend_schema(
        operation_id="sign_in",
        summary="Sign in with e-mail address and password",
        description="An unknown address, a wrong password and a closed account get one and the same 401. After five wrong tries "
        "within a minute the account answers 429 until Retry-After has passed.",
        request=SignInSerializer,
        responses={200: TokenPairSerializer, **problems(400, 401, 415, 429)},
    )
    def post(self, request: Request) -> Response:
        serializer = SignInSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return _answer(sign_in(**serializer.validated_data, now=timezone.now()))


@extend_schema(tags=["auth"])
class Refresh(TokenView):
    throttle_classes = [RefreshThrottle]

    @extend_schema(
        operation_id="refresh",
        summary="Exchange a refresh token for new tokens",
        description="A refresh token is good once. Sent again within ten seconds, and before its successor was used, it gets the same "
        "answer again, so a lost answer loses nothing; sent again later it ends the session. Sixty a minute per address.",
        request=RefreshTokenSerializer,
        responses={200: TokenPairSerializer, **problems(400, 401, 415, 429)},
    )
    def post(self, request: Request) -> Response:
        serializer = RefreshTokenSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        with transaction.atomic():
            pair = sessions.refresh(token=serializer.validated_data["refresh"], now=timezone.now())
        if pair is None:
            raise BadRefreshToken
        return _answer(pair)


@extend_schema(tags=["auth"])
class Revoke(TokenView):
    @extend_schema(
        operation_id="revoke",
        summary="Sign out",
        description="Ends the session of this refresh token, its access tokens and its device. A token that is no longer good "
        "gets the same answer (RFC 7009, section 2.2).",
        request=RefreshTokenSerializer,
        responses={204: None, **problems(400, 415)},
    )
    def post(self, request: Request) -> Response:
        serializer = RefreshTokenSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        with transaction.atomic():
            sessions.sign_out(token=serializer.validated_data["refresh"], now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


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


def _answer(pair: Pair) -> Response:
    return Response(TokenPairSerializer(pair).data)
