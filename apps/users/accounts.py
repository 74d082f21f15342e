"""What may be done to an account. The caller opens the transaction."""

from datetime import datetime
from typing import TypedDict, Unpack

from django.db import IntegrityError, transaction
from django.db.models import F

from apps.users.models import Session, User
from apps.users.sessions import end_sessions


class ProfileChanges(TypedDict, total=False):
    first_name: str
    last_name: str
    language: str
    time_zone: str


class AddressTaken(Exception):
    """Somebody else's account has the address."""


def open_account(*, email: str, password_hash: str, **profile: Unpack[ProfileChanges]) -> User:
    """For an address that has been shown to be its owner's. Raises AddressTaken."""
    user = User(email=email, password=password_hash, **profile)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as error:
        if not User.objects.filter(email=email).exists():
            raise
        raise AddressTaken from error
    return user


def change_profile(*, user: User, changes: ProfileChanges) -> None:
    """The values are taken as validated; only what differs is written."""
    different = {name: value for name, value in changes.items() if getattr(user, name) != value}
    for name, value in different.items():
        setattr(user, name, value)
    if different:
        user.save(update_fields=different)


def set_password(*, user: User, password: str | None, now: datetime) -> None:
    """None: the account has no password, and signs in by other means only."""
    user.set_password(password)
    user.save(update_fields=["password"])
    sign_out_everywhere(user=user, reason=Session.Reason.PASSWORD_CHANGED, now=now)


def deactivate(*, user: User, now: datetime) -> None:
    """Also an account that is about to be deleted: then its owner cannot take that back any more."""
    user.is_active = user.can_return = False
    user.save(update_fields=["is_active", "can_return"])
    sign_out_everywhere(user=user, reason=Session.Reason.DEACTIVATED, now=now)


def sign_out_everywhere(*, user: User, reason: Session.Reason, now: datetime) -> None:
    """At once: the epoch ends the access tokens, their sessions the refresh tokens."""
    User.objects.filter(pk=user.pk).update(epoch=F("epoch") + 1)
    end_sessions(Session.objects.filter(user=user), reason=reason, now=now)
    user.refresh_from_db(fields=["epoch"])
