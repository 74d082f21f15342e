"""For who has no app any more: a letter with a link to the page on which the account is deleted.

A link is good once, for an hour: its key is signed over the user's epoch, which the deletion raises, as does signing out everywhere.
"""

from datetime import datetime, timedelta

from django.core import signing
from django.db import transaction

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
        user, epoch = signing.loads(key, salt=_SALT, max_age=LIFETIME)
    except (signing.BadSignature, ValueError, TypeError, RecursionError):
        return None
    return User.objects.filter(pk=user, epoch=epoch).first()


def _key(user: User) -> str:
    return signing.dumps([str(user.pk), user.epoch], salt=_SALT)
