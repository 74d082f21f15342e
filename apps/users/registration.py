"""From wanting an account to having one. Nobody is told whether an address has an account: it takes the same statements, hashes and letters.

Not to be called in a transaction, but for `confirm`: each try is counted and committed before anything else is done.
"""

from datetime import datetime
from typing import TypedDict, Unpack

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.languages import speaking
from apps.mail import outbox
from apps.users import letters, throttling
from apps.users.accounts import AddressTaken, open_account
from apps.users.keys import BadKey, fingerprint, new_key
from apps.users.models import Registration, User
from apps.users.password_rules import check_password


class Profile(TypedDict):
    first_name: str
    last_name: str
    language: str
    time_zone: str


def register(*, email: str, password: str, now: datetime, **profile: Unpack[Profile]) -> None:
    """The address and the password are taken as validated. Raises Throttled."""
    throttling.take(throttling.REGISTRATIONS, subject=email, now=now)
    key = new_key()
    registration = Registration(
        email=email,
        password=make_password(password),
        fingerprint=fingerprint(key),
        created_at=now,
        expires_at=now + Registration.KEY_LIFETIME,
        **profile,
    )
    with transaction.atomic():
        owner = User.objects.filter(email=email).first()
        # Also for an address that has an account, whose key nobody gets: so that it takes as long.
        Registration.objects.start_over(registration)
        with speaking(owner.language if owner else registration.language):
            confirm_letter = letters.confirm(to=email, key=key, expires_at=registration.expires_at)
            taken_letter = letters.taken(to=email, now=now)
        outbox.post([taken_letter if owner else confirm_letter])


def resend(*, email: str, language: str, now: datetime) -> None:
    """Another key instead of the one that was lost. `language` is that of whoever asks. Raises Throttled."""
    throttling.take(throttling.RESENDS, subject=email, now=now)
    key = new_key()
    expires_at = now + Registration.KEY_LIFETIME
    with transaction.atomic():
        owner = User.objects.filter(email=email).first()
        waits = Registration.objects.filter(email=email).update(
            fingerprint=fingerprint(key), expires_at=expires_at
        )
        with speaking(owner.language if owner else language):
            if owner:
                letter = letters.taken(to=email, now=now)
            elif waits:
                letter = letters.confirm(to=email, key=key, expires_at=expires_at)
            else:
                letter = letters.nothing_to_confirm(to=email, now=now)
        outbox.post([letter])


def confirm(*, key: str, password: str | None = None, now: datetime) -> User:
    """Makes the account, once. A password given along is the account's, whatever was registered: only who has the letter has the key.

    The caller opens the transaction. Raises BadKey, or ValidationError for a password that is none; the key then stays good.
    """
    registered = Registration.objects.open(fingerprint=fingerprint(key), now=now)
    wanted = registered.select_for_update().first()
    if wanted is None:
        raise BadKey(_("This key was used already, has expired or never was one."))
    if password is not None:
        check_password(password, email=wanted.email, first_name=wanted.first_name, last_name=wanted.last_name)
    Registration.objects.filter(pk=wanted.pk).delete()
    try:
        return open_account(
            email=wanted.email,
            password_hash=wanted.password if password is None else make_password(password),
            first_name=wanted.first_name,
            last_name=wanted.last_name,
            language=wanted.language,
            time_zone=wanted.time_zone,
        )
    except AddressTaken as error:
        raise BadKey(
            _("This address has an account by now: sign in, or ask for another password.")
        ) from error
