"""Checking ID tokens: OpenID Connect Core 1.0, section 3.1.3.7, with the advice of RFC 8725."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Any

import jwt
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from apps.mail.addresses import is_deliverable
from apps.users.models import User
from apps.users.oidc.issuers import KNOWN, Issuer
from apps.users.oidc.keys import keys_of

LONGEST = 16 * 1024
LEEWAY_SECONDS = 30
LONGEST_SUBJECT = 255
LONGEST_NAME = 150
LONGEST_EMAIL = 254
_NEEDED = ["iss", "sub", "aud", "exp", "iat"]
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


class BadIdToken(Exception):
    """Not for us, not from the issuer, not now, or no ID token at all. The message is for the log, never for whoever sent it."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What an issuer says of somebody. `email` is "" unless the issuer vouches for it: only what is verified counts.

    `is_authoritative`: the issuer hosts the mailbox, so it knows whose the address is today and not only whose it was once.
    """

    subject: str
    email: str
    is_authoritative: bool
    first_name: str
    last_name: str
    language: str

    @property
    def domain(self) -> str:
        return self.email.rpartition("@")[2]


def check(token: str, *, issuer: Issuer, nonce: str) -> Claims:
    """May ask the issuer for its keys, so never in a transaction. Raises BadIdToken, or Unavailable without keys."""
    if len(token) > LONGEST or not token.isascii():
        raise BadIdToken("too long, or no JSON Web Token")
    try:
        header = jwt.get_unverified_header(token)
        payload = _verified(token, header, issuer)
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        raise BadIdToken(str(error) or type(error).__name__) from error
    _check_parties(payload, issuer)
    _check_nonce(payload.get("nonce"), nonce=nonce, required=issuer.nonce_required)
    return _claims(payload, issuer)


def _verified(token: str, header: dict[str, Any], issuer: Issuer) -> dict[str, Any]:
    """The key is one the issuer published, by the id the token names; keys and addresses of keys in the token are not looked at."""
    if str(header.get("typ", "JWT")).lower() != "jwt":
        raise BadIdToken("another kind of token")
    algorithm, id = header.get("alg"), header.get("kid")
    key = keys_of(issuer).find(id=id, algorithm=str(algorithm))
    if key is None:
        raise BadIdToken("no key of the issuer fits")
    return jwt.decode(
        token,
        key.public,
        algorithms=[str(algorithm)],
        audience=sorted(issuer.audiences),
        issuer=[issuer.issuer, *issuer.spellings],
        leeway=LEEWAY_SECONDS,
        options={"require": _NEEDED, "enforce_minimum_key_length": True},
    )


def _check_parties(payload: dict[str, Any], issuer: Issuer) -> None:
    subject, several = payload["sub"], payload["aud"]
    if not (1 <= len(subject) <= LONGEST_SUBJECT and subject.isascii() and subject.isprintable()):
        raise BadIdToken("sub is not 1 to 255 printable ASCII characters")
    # With one audience azp may be another app of ours: Google names the Android app there.
    if isinstance(several, list) and len(several) > 1 and payload.get("azp") not in list(issuer.audiences):
        raise BadIdToken("several audiences, and issued to none of ours")


def _check_nonce(claimed: Any, *, nonce: str, required: bool) -> None:
    """Apps give Apple and Facebook the SHA-256 of the nonce, in hexadecimal, and us the nonce itself: the token alone is then no use."""
    if not nonce:
        if required:
            raise BadIdToken("no nonce was sent")
        return
    hashed = hashlib.sha256(nonce.encode("utf-8", "surrogatepass")).hexdigest()
    said = claimed if isinstance(claimed, str) else ""
    if not any(hmac.compare_digest(_raw(said), _raw(good)) for good in (nonce, hashed)):
        raise BadIdToken("another nonce")


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _claims(payload: dict[str, Any], issuer: Issuer) -> Claims:
    email = _email(payload, vouched=issuer.vouches_for_email)
    full = _name(payload.get("name"))
    first, _, rest = full.partition(" ")
    return Claims(
        subject=payload["sub"],
        email=email,
        is_authoritative=_is_authoritative(email, payload, issuer),
        first_name=_name(payload.get("given_name")) or first,
        last_name=_name(payload.get("family_name")) or rest,
        language=_language(payload.get("locale")),
    )


def _email(payload: dict[str, Any], *, vouched: bool) -> str:
    """Apple says "true" where the standard says true."""
    stated = payload.get("email_verified", vouched)
    email = payload.get("email")
    if (stated is not True and stated != "true") or not isinstance(email, str):
        return ""
    normal = User.normalize_username(email)
    try:
        validate_email(normal)
    except ValidationError:
        return ""
    return normal if len(normal) <= LONGEST_EMAIL and is_deliverable(normal) else ""


def _is_authoritative(email: str, payload: dict[str, Any], issuer: Issuer) -> bool:
    """Google verified other providers' addresses once, and says that only for these it still knows."""
    if issuer.issuer != KNOWN["google"].issuer:
        return True
    domain = email.rpartition("@")[2]
    return domain == "gmail.com" or payload.get("hd") == domain


def _name(claim: Any) -> str:
    text = _UNPRINTABLE.sub(" ", claim) if isinstance(claim, str) else ""
    return " ".join(text.split())[:LONGEST_NAME]


def _language(locale: Any) -> str:
    """OpenID Connect Core 1.0, section 5.1: a BCP 47 tag, as in sr-Latn-RS."""
    tag = re.split("[-_]", locale.lower())[0] if isinstance(locale, str) else ""
    return tag if tag in dict(settings.LANGUAGES) else ""
