"""Changing a password one knows, and choosing another for one that is forgotten."""

from datetime import datetime

from django.contrib.auth.hashers import check_password as matches
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from apps.core.languages import speaking
from apps.mail import outbox
from apps.users import letters, notices, throttling
from apps.users.accounts import set_password
from apps.users.authentication import BadAccessToken
from apps.users.invitation_keys import opens_invitation
from apps.users.keys import BadKey, named_user, opens_reset, reset_key
from apps.users.models import Session, User
from apps.users.password_rules import check_password
from apps.users.sessions import end_sessions


def change(*, session: Session, current: str, new: str, now: datetime) -> None:
    """Ends all other sessions of the user; this one goes on, with the tokens it has.

    Not to be called in a transaction: wrong tries count as wrong sign-ins, so that a stolen phone cannot guess. The new password is taken
    as validated. Raises ValidationError for a wrong current one, BadAccessToken when the session has ended meanwhile, or Throttled.
    """
    user = session.user
    with throttling.counted(throttling.WRONG_SIGN_INS, subject=user.email, now=now):
        if not matches(current, user.password):
            raise ValidationError(
                {"current_password": [_("This is not your password.")]}, code="wrong_password"
            )
    hashed = make_password(new)
    with transaction.atomic():
        # Whoever changes the password at the same time, or ends this session, was first if we find it changed now.
        users = User.objects.active().select_for_update(no_key=True)
        locked = users.filter(pk=user.pk, password=user.password).first()
        sessions = Session.objects.filter(user=user)
        if locked is None or not sessions.live(now).filter(pk=session.pk).exists():
            raise BadAccessToken
        locked.password = hashed
        locked.save(update_fields=["password"])
        end_sessions(sessions.exclude(pk=session.pk), reason=Session.Reason.PASSWORD_CHANGED, now=now)
        notices.password_changed(user, now=now)


def ask_for_reset(*, email: str, language: str, now: datetime) -> None:
    """One letter, whoever has the address. Not to be called in a transaction; `language` is that of whoever asks. Raises Throttled."""
    throttling.take(throttling.RESETS, subject=email, now=now)
    with transaction.atomic():
        user = User.objects.returning().filter(email=email).first()
        key = reset_key(user or User(email=email))
        with speaking(user.language if user else language):
            if user:
                letter = letters.reset(to=user.email, key=key, now=now)
            else:
                letter = letters.no_account(to=email, now=now)
        outbox.post([letter])


def reset(*, key: str, password: str, now: datetime) -> User:
    """Ends every session, access tokens included. The caller opens the transaction.

    Raises BadKey, or ValidationError for a password that is none; the key then stays good.
    """
    named = named_user(key)
    users = User.objects.returning().select_for_update(no_key=True)
    user = users.filter(pk=named).first() if named else None
    if user is None or not (opens_reset(key, user) or opens_invitation(key, user)):
        raise BadKey(_("This key was used already, has expired or never was one."))
    check_password(password, email=user.email, first_name=user.first_name, last_name=user.last_name)
    set_password(user=user, password=password, now=now)
    notices.password_changed(user, now=now)
    return user
