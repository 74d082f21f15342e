"""For who has no app any more: a letter with a link to the page on which the account is deleted.

A link is good once, for an hour, for the address it was asked for: its key is signed over the state it is to change, the address, the
password and the epoch, so that whatever changes one of them voids it.
"""

from datetime import datetime, timedelta

from django.core import signing
from django.db import transaction
from django.utils.crypto import salted_hmac

from apps.mail import outbox
from apps.users import account_letters, throttling
from apps.users.models import User

LIFETIME = timedelta(hours=1)
_SALT = "apps.users.deletion_links"


def ask_for_link(*, email: str, language: str, now: datetime) -> None:
    """One letter, whoever has the address, so that neither the answer nor its time tells. `language` is that of whoever asks.

    Not to be called in a transaction. Raises Throttled.
    """
    throttling.take(throttling.DELETION_LINKS, subject=email, now=now)
    with transaction.atomic():
        user = User.objects.filter(email=email).first()
        key = _key(user or User(email=email))
        if user:
            letter = account_letters.link(user, key=key, expires_at=now + LIFETIME)
        else:
            letter = account_letters.no_account(email, language=language, expires_at=now + LIFETIME)
        outbox.post([letter])


def named_by(key: str) -> User | None:
    """Whose account the link is about, while it is good."""
    try:
        id, state = signing.loads(key, salt=_SALT, max_age=LIFETIME)
    except (signing.BadSignature, ValueError, TypeError, RecursionError):
        return None
    user = User.objects.filter(pk=id).first()
    return user if user and state == _state(user) else None


def _key(user: User) -> str:
    return signing.dumps([str(user.pk), _state(user)], salt=_SALT)


def _state(user: User) -> str:
    """Keyed, since it stands in the link for everybody to read."""
    state = f"{user.email} {user.password} {user.epoch} {user.deletion_requested_at}"
    return salted_hmac(_SALT, state, algorithm="sha256").hexdigest()
