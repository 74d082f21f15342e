"""The keys in letters. What is stored of them, or what they are made from, lets nobody make one.

A key of a registration is random, and its row goes when it is used. A key of a reset is signed over the state it is to change, the password
and the epoch, so any use voids it and all others.
"""

import hashlib
import secrets
from uuid import UUID

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from rest_framework.exceptions import ValidationError

from apps.users.models import User


class BadKey(ValidationError):
    """Never made, used already or too old: one answer for all of them."""

    default_code = "bad_key"

    def __init__(self, detail: str) -> None:
        super().__init__({"key": [detail]}, code=self.default_code)


def new_key() -> str:
    return secrets.token_urlsafe(32)


def fingerprint(key: str) -> str:
    """A plain hash is enough: the keys are 256 random bits."""
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()


class _ResetKeys(PasswordResetTokenGenerator):
    """Good for PASSWORD_RESET_TIMEOUT seconds, for the account and the address it was asked for."""

    key_salt = "apps.users.keys.reset"
    algorithm = "sha256"

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{user.pk} {user.email} {user.password} {user.epoch} {timestamp}"


_reset_keys = _ResetKeys()


def reset_key(user: User) -> str:
    return f"{user.pk.hex}-{_reset_keys.make_token(user)}"


def opens_reset(key: str, user: User) -> bool:
    return _reset_keys.check_token(user, key.partition("-")[2])


def named_user(key: str) -> UUID | None:
    """Whom a reset key claims to be for."""
    try:
        return UUID(hex=key.partition("-")[0])
    except ValueError:
        return None
