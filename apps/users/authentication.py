from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apps.users.granting import granted
from apps.users.models import Session, User
from apps.users.tokens import BadToken, read_access

CHALLENGE = 'Bearer realm="campanile"'


class BadAccessToken(AuthenticationFailed):
    default_detail = "The access token is no longer good: refresh it."
    default_code = "bad_access_token"


class AccessTokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>` (RFC 6750). `request.user` is the user, `request.auth` the Session."""

    def authenticate(self, request: Request) -> tuple[User, Session] | None:
        scheme, _, token = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        try:
            claims = read_access(token.strip().decode("latin-1"))
        except BadToken as error:
            raise BadAccessToken from error
        session = granted(claims, now=timezone.now())
        if session is None:
            raise BadAccessToken
        return session.user, session

    def authenticate_header(self, request: Request) -> str:
        return f'{CHALLENGE}, error="invalid_token"' if get_authorization_header(request) else CHALLENGE


def user_of(request: Request) -> User:
    """Whom the token names, for views that only signed-in users reach."""
    assert isinstance(request.user, User)
    return request.user


def session_of(request: Request) -> Session:
    """The one whose token was sent, for views that only signed-in users reach."""
    assert isinstance(request.auth, Session)
    return request.auth
