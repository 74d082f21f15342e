"""The key in a letter of invitation. It is signed over the state it is to change, the password and the epoch, so that using it ends it."""

from datetime import timedelta

from django.core.signing import BadSignature, TimestampSigner

from apps.users.models import User

LIFETIME = timedelta(days=14)
_signer = TimestampSigner(salt="apps.users.invitation_keys")


def invitation_key(user: User) -> str:
    """It begins as that of a reset does, with whom it is for."""
    signature = _signer.sign(_state(user)).removeprefix(f"{_state(user)}:")
    return f"{user.pk.hex}-{signature}"


def opens_invitation(key: str, user: User) -> bool:
    try:
        _signer.unsign(f"{_state(user)}:{key.partition('-')[2]}", max_age=LIFETIME)
    except BadSignature:
        return False
    return True


def _state(user: User) -> str:
    return f"{user.pk} {user.email} {user.password} {user.epoch}"
