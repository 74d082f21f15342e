"""/auth/social/: signing in with what an identity provider says."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.openapi import problems
from apps.users.serializers import IdTokenSerializer, TokenPairSerializer
from apps.users.social_sign_in import sign_in_with_id_token
from apps.users.views.signed_out import SignedOutView


@extend_schema(tags=["auth"])
class SocialSignIn(SignedOutView):
    @extend_schema(
        operation_id="social_sign_in",
        summary="Sign in with an OpenID Connect ID token",
        description="`provider` is `google`, `apple`, `facebook` (limited login) or an issuer of the institution; one that is not configured "
        "is 404. The first sign-in makes the account. 403 `email_not_verified`: the provider vouches for no address, and there is no "
        "account yet. 409 `account_exists`: the address has an account which this provider may not open; sign in with its "
        "password. 503: the provider's keys cannot be had at the moment. Any bad token, and a closed account, is one and the same 401.",
        request=IdTokenSerializer,
        responses={200: TokenPairSerializer, **problems(400, 401, 403, 404, 409, 415, 503)},
    )
    def post(self, request: Request, provider: str) -> Response:
        serializer = IdTokenSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        pair = sign_in_with_id_token(provider=provider, **serializer.validated_data, now=timezone.now())
        return Response(TokenPairSerializer(pair).data)
