"""Letters that tell people what happened to their account, in case it was not them. They go out with the change they tell of, or not at all.

The caller's transaction is that of the change.
"""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from apps.core.languages import speaking
from apps.core.zones import zone_named
from apps.mail.outbox import Draft, post
from apps.users.letters import written
from apps.users.models import Session, User

LIFETIME = timedelta(days=3)


def password_changed(user: User, *, now: datetime) -> None:
    with speaking(user.language):
        _tell(
            user,
            _("Your password was changed"),
            _("The password of your account was changed on %(when)s. Every other phone was signed out.")
            % {"when": _moment(user, now)},
            now=now,
        )


def session_reused(session: Session, *, now: datetime) -> None:
    """Somebody sent a refresh token a second time: either the phone's tokens were copied, or the app has a fault."""
    user = session.user
    with speaking(user.language):
        _tell(
            user,
            _("A phone was signed out of your account"),
            _(
                "On %(when)s, what keeps “%(device)s” signed in was used twice, as if somebody had copied it. To be safe, that phone was signed out; sign in on it again."
            )
            % {"when": _moment(user, now), "device": session.device_name or _("a phone")},
            now=now,
        )


def social_account_linked(user: User, *, provider: str, now: datetime) -> None:
    with speaking(user.language):
        _tell(
            user,
            _("Another way to sign in to your account"),
            _("Since %(when)s your account can also be signed in to with %(provider)s.")
            % {"when": _moment(user, now), "provider": provider},
            now=now,
        )


def email_changed(user: User, *, before: str, now: datetime) -> None:
    """To the address that was, which alone can tell whether it was meant. Keys sent there open nothing any more."""
    with speaking(user.language):
        _post(
            user,
            _("Your account has another e-mail address"),
            _(
                "On %(when)s staff of the faculty gave your account another e-mail address. This one no longer belongs to it."
            )
            % {"when": _moment(user, now)},
            _("If you did not ask for it, tell the faculty's staff at once."),
            to=before,
            now=now,
        )


def second_factor_changed(user: User, *, now: datetime) -> None:
    with speaking(user.language):
        _tell(
            user,
            _("The second factor of your account was changed"),
            _(
                "On %(when)s the device that makes the codes with which you sign in was added, replaced or removed."
            )
            % {"when": _moment(user, now)},
            now=now,
        )


def _tell(user: User, subject: str, fact: str, *, now: datetime) -> None:
    advice = _(
        "If it was not you, choose another password at once: “Forgot your password?” in the app. That signs out every phone."
    )
    _post(user, subject, fact, advice, to=user.email, now=now)


def _post(user: User, subject: str, fact: str, advice: str, *, to: str, now: datetime) -> None:
    post(
        [
            Draft(
                to=to,
                subject=subject,
                text=written(fact, advice),
                expires_at=now + LIFETIME,
                user=user.pk,
            )
        ]
    )


def _moment(user: User, now: datetime) -> str:
    return f"{now.astimezone(zone_named(user.time_zone)):%d.%m.%Y, %H:%M} ({user.time_zone})"
