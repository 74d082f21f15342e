"""Access and refresh tokens: JSON Web Tokens (RFC 7519), issued and checked by simplejwt, which only this module imports.

Both are a function of the session's row and the refresh id alone, so a refresh whose answer was lost can be answered again, word for
word, without keeping a token. Neither says when it was issued: a host whose clock is a second behind would refuse it.
"""

import hashlib
import time
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

import jwt
from django.conf import settings
from django.utils.crypto import salted_hmac
from rest_framework_simplejwt import tokens as simplejwt
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError, TokenError

from apps.users import keyring
from apps.users.models import Session

ALGORITHM = "HS256"


class _Signing(TokenBackend):
    """simplejwt's own knows one key, and is made when it is imported."""

    def encode(self, payload: dict[str, Any]) -> str:
        key = keyring.signing_key()
        claims = payload | {"aud": self.audience, "iss": self.issuer}
        return jwt.encode(claims, key, ALGORITHM, headers={"kid": keyring.key_id(key)})

    def get_verifying_key(self, token: Any) -> str:
        """Only what TOKEN_KEYS lists: nothing else a header may name or hold is looked at."""
        if key := keyring.verifying_key(jwt.get_unverified_header(token).get("kid")):
            return key
        raise TokenBackendError("The token is signed with a key we do not have.")


_signing = _Signing(
    ALGORITHM, audience=str(settings.SIMPLE_JWT["AUDIENCE"]), issuer=str(settings.SIMPLE_JWT["ISSUER"])
)


class AccessToken(simplejwt.AccessToken):
    _token_backend = _signing


class RefreshToken(simplejwt.RefreshToken):
    _token_backend = _signing


T = TypeVar("T", bound=simplejwt.Token)

REFRESH_LIFETIME = RefreshToken.lifetime


class BadToken(Exception):
    """Not a token of ours, not of this kind, or past its end."""


@dataclass(frozen=True, slots=True)
class Pair:
    access: str
    refresh: str


@dataclass(frozen=True, slots=True)
class AccessClaims:
    user: UUID
    session: UUID
    epoch: int


@dataclass(frozen=True, slots=True)
class RefreshClaims:
    session: UUID
    id: str


def issue(session: Session, *, refresh_id: str) -> Pair:
    """The tokens of the session as it stands; `refresh_id` is the secret whose fingerprint the row keeps."""
    refresh = RefreshToken()
    refresh["jti"] = refresh_id
    refresh["sid"] = str(session.pk)
    access = AccessToken()
    access["jti"] = _derive("access", refresh_id)
    access["sub"] = str(session.user_id)
    access["sid"] = str(session.pk)
    access["epoch"] = session.user.epoch
    access_ends = min(session.last_used_at + AccessToken.lifetime, session.expires_at)
    return Pair(access=_sign(access, access_ends), refresh=_sign(refresh, session.expires_at))


def read_access(text: str) -> AccessClaims:
    claims, ends_at = _verified_access(text, tuple(settings.TOKEN_KEYS))
    if ends_at <= time.time():
        raise BadToken
    return claims


@lru_cache(maxsize=1024)
def _verified_access(text: str, _: tuple[str, ...]) -> tuple[AccessClaims, int]:
    """The claims and when they end. A phone sends the same token for minutes, and under the same keys it says the same until its end."""
    token = _read(AccessToken, text)
    try:
        claims = AccessClaims(user=UUID(token["sub"]), session=UUID(token["sid"]), epoch=int(token["epoch"]))
        return claims, int(token["exp"])
    except (KeyError, TypeError, ValueError) as error:
        raise BadToken from error


def read_refresh(text: str) -> RefreshClaims:
    token = _read(RefreshToken, text)
    try:
        return RefreshClaims(session=UUID(token["sid"]), id=str(token["jti"]))
    except (KeyError, TypeError, ValueError) as error:
        raise BadToken from error


def next_refresh_id(refresh_id: str) -> str:
    """The id of the successor follows from the id of the token it replaces, which only the device holds."""
    return _derive("refresh", refresh_id)


def fingerprint(refresh_id: str) -> str:
    """A plain hash is enough: the ids are 128 random bits or derived from them."""
    return hashlib.sha256(refresh_id.encode()).hexdigest()


def _derive(purpose: str, refresh_id: str) -> str:
    return salted_hmac(f"apps.users.tokens.{purpose}", refresh_id, algorithm="sha256").hexdigest()


def _sign(token: simplejwt.Token, ends_at: datetime) -> str:
    token["exp"] = int(ends_at.timestamp())
    del token["iat"]
    return str(token)


def _read(kind: type[T], text: str) -> T:
    """Refuses, beside what simplejwt refuses, what its parsers were seen to trip over: surrogates and bottomless JSON."""
    if not text.isascii():
        raise BadToken
    try:
        return kind(text)  # type: ignore[arg-type]  # the library names the wrong type: it decodes text
    except (TokenError, RecursionError) as error:
        raise BadToken from error
