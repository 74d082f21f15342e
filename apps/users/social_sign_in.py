"""Signing in with an ID token: whose account it opens, or that a new one is made."""

from datetime import datetime

import structlog
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.http import Http404
from rest_framework.exceptions import AuthenticationFailed

from apps.core.errors import Problem
from apps.users import notices
from apps.users.accounts import AddressTaken, ProfileChanges, open_account
from apps.users.models import Identity, Registration, User
from apps.users.oidc.id_tokens import BadIdToken, Claims, check
from apps.users.oidc.issuers import Issuer
from apps.users.roles import Role, set_role
from apps.users.sessions import open_session
from apps.users.tokens import Pair

log = structlog.get_logger(__name__)

# Another first sign-in of the same person may commit between our look and our write; then what it made is there for the next look.
LOOKS = 3


class NotSignedIn(AuthenticationFailed):
    """One answer for every bad token, and for an account that may not sign in."""

    default_detail = "The ID token is not good for signing in."
    default_code = "bad_id_token"


class EmailNotVerified(Problem):
    """Said whether or not there is an account with the address, of which nothing was shown."""

    status = 403
    slug = "email_not_verified"
    title = "E-mail address not verified"


class AccountExists(Problem):
    """Said only to whoever the issuer says has the address."""

    status = 409
    slug = "account_exists"
    title = "There is an account already"


def sign_in_with_id_token(
    *, provider: str, id_token: str, nonce: str, device_name: str, now: datetime
) -> Pair:
    """Not to be called in a transaction: the issuer may have to be asked for its keys.

    Raises Http404 for a provider that is not configured, NotSignedIn, EmailNotVerified, AccountExists, or Unavailable.
    """
    issuer: Issuer | None = settings.OIDC_ISSUERS.get(provider)
    if issuer is None:
        raise Http404
    try:
        claims = check(id_token, issuer=issuer, nonce=nonce)
    except BadIdToken as error:
        log.info("id_token_refused", provider=provider, reason=str(error))
        raise NotSignedIn from error
    for look in range(1, LOOKS + 1):
        try:
            with transaction.atomic():
                user = _owner(issuer, claims) or _newcomer(issuer, claims, now=now)
                return open_session(user=user, device_name=device_name, now=now)
        except (AddressTaken, IntegrityError):
            if look == LOOKS:
                raise
    raise AssertionError("unreachable")


def _owner(issuer: Issuer, claims: Claims) -> User | None:
    """By the identity alone, whatever the address is by now. The row stays locked, so that a deactivation waits or is seen."""
    mine = {"identities__issuer": issuer.issuer, "identities__subject": claims.subject}
    user = User.objects.select_for_update(no_key=True, of=["self"]).filter(**mine).first()
    if user is not None and not user.is_active:
        raise NotSignedIn
    return user


def _newcomer(issuer: Issuer, claims: Claims, *, now: datetime) -> User:
    if not claims.email:
        raise EmailNotVerified(
            "The identity provider does not vouch for an e-mail address, and an account needs one."
        )
    user = User.objects.select_for_update(no_key=True).filter(email=claims.email).first()
    if user is None:
        user = _open(issuer, claims)
    else:
        _check_linkable(user, issuer, claims)
        notices.social_account_linked(user, provider=issuer.provider, now=now)
    Identity.objects.create(
        user=user,
        provider=issuer.provider,
        issuer=issuer.issuer,
        subject=claims.subject,
        email=claims.email,
        created_at=now,
    )
    return user


def _open(issuer: Issuer, claims: Claims) -> User:
    """Without a password. A registration of the address that nobody confirmed is void, and with it whatever password it had."""
    profile: ProfileChanges = {"first_name": claims.first_name, "last_name": claims.last_name}
    if claims.language:
        profile["language"] = claims.language
    user = open_account(email=claims.email, password_hash=make_password(None), **profile)
    Registration.objects.filter(email=claims.email).delete()
    role = issuer.roles.get(claims.domain, Role.STUDENT) if claims.is_authoritative else Role.STUDENT
    set_role(users=[user.pk], role=Role(role))
    return user


def _check_linkable(user: User, issuer: Issuer, claims: Claims) -> None:
    """An address may be given to somebody else: a second identity of the same issuer is never taken for the first person."""
    if not issuer.links(claims.domain) or not claims.is_authoritative:
        raise AccountExists("Sign in with the password of that account.")
    if not user.is_active:
        raise NotSignedIn
    if user.identities.filter(issuer=issuer.issuer).exists():
        raise AccountExists("It belongs to another identity of this provider.")
