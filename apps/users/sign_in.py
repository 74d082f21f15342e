"""Signing in with e-mail address and password."""

from datetime import datetime

from django.contrib.auth import authenticate
from django.db import transaction
from rest_framework.exceptions import AuthenticationFailed

from apps.users import throttling
from apps.users.models import User
from apps.users.sessions import open_session
from apps.users.tokens import Pair


class WrongCredentials(AuthenticationFailed):
    """One answer for an unknown address, a wrong password and an account that may not sign in."""

    default_detail = "The e-mail address or the password is wrong."
    default_code = "wrong_credentials"


def sign_in(*, email: str, password: str, device_name: str, now: datetime) -> Pair:
    """Not to be called in a transaction: the try is counted and committed before the password is looked at, so that parallel tries
    cannot pass the limit, and hashing takes long. Raises WrongCredentials, or Throttled after too many wrong tries.
    """
    account = User.normalize_username(email)
    throttling.take(throttling.WRONG_SIGN_INS, subject=account, now=now)
    # Django hashes the password also when nobody has the address, so both take the same time.
    known = authenticate(email=account, password=password)
    if known is None:
        raise WrongCredentials
    with transaction.atomic():
        # Whoever deactivates the account or changes its password locks this row too.
        user = (
            User.objects.returning()
            .select_for_update(no_key=True)
            .filter(pk=known.pk, epoch=known.epoch)
            .first()
        )
        if user is None:
            raise WrongCredentials
        # Another hash need not be another password: a sign-in that came first may have hashed it anew.
        if user.password != known.password and not user.check_password(password):
            raise WrongCredentials
        throttling.give_back(throttling.WRONG_SIGN_INS, subject=account, now=now)
        return open_session(user=user, device_name=device_name, now=now)
