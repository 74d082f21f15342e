"""/auth/token/: signing in, going on, signing out."""

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.openapi import problems
from apps.users import sessions
from apps.users.serializers import RefreshTokenSerializer, SignInSerializer, TokenPairSerializer
from apps.users.sign_in import sign_in
from apps.users.throttling import RefreshThrottle
from apps.users.tokens import Pair
from apps.users.views.signed_out import SignedOutView


class BadRefreshToken(AuthenticationFailed):
    default_detail = "The refresh token is no longer good: sign in again."
    default_code = "bad_refresh_token"


@extend_schema(tags=["auth"])
class SignIn(SignedOutView):
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
class Refresh(SignedOutView):
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
class Revoke(SignedOutView):
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


def _answer(pair: Pair) -> Response:
    return Response(TokenPairSerializer(pair).data)
