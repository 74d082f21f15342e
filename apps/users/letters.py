"""The letters with which an address is confirmed or a password reset, in the active language.

None holds anything that the one who asked for it could choose, since it goes to whoever has the address: no names, no words of theirs.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from apps.mail.outbox import Draft

LIFETIME = timedelta(days=3)


def confirm(*, to: str, key: str, expires_at: datetime) -> Draft:
    return Draft(
        to=to,
        subject=_("Confirm your address for Campanile"),
        text=written(
            _("Somebody, most likely you, registered this address with Campanile."),
            _("Confirm within 3 days that it is yours:"),
            _ways("confirm", key),
            _("If it was not you, leave it be: there is no account until the address is confirmed."),
        ),
        expires_at=expires_at,
    )


def taken(*, to: str, now: datetime) -> Draft:
    return Draft(
        to=to,
        subject=_("You have an account with Campanile already"),
        text=written(
            _("Somebody, most likely you, tried to register or confirm this address with Campanile."),
            _(
                "It has an account already, in which nothing was changed. Sign in with your password, or ask for another one in the app."
            ),
            _("If it was not you, there is nothing to do: nobody learns from us that you have an account."),
        ),
        expires_at=now + LIFETIME,
    )


def nothing_to_confirm(*, to: str, now: datetime) -> Draft:
    return Draft(
        to=to,
        subject=_("There is nothing to confirm"),
        text=written(
            _(
                "Somebody, most likely you, wanted to confirm this address for Campanile, but nobody has registered it lately."
            ),
            _(
                "Register in the app, and you get a letter with a key. If it was not you, there is nothing to do."
            ),
        ),
        expires_at=now + LIFETIME,
    )


def reset(*, to: str, key: str, now: datetime) -> Draft:
    return Draft(
        to=to,
        subject=_("Choose another password for Campanile"),
        text=written(
            _("Somebody, most likely you, asked for another password for your account with Campanile."),
            _("Choose it within an hour:"),
            _ways("reset", key),
            _("If it was not you, leave it be: your password stays as it is."),
        ),
        expires_at=now + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT),
    )


def no_account(*, to: str, now: datetime) -> Draft:
    return Draft(
        to=to,
        subject=_("There is no account with this address"),
        text=written(
            _(
                "Somebody, most likely you, asked for another password for Campanile, but no account can be signed in to with this address."
            ),
            _("You may have registered with another one. If it was not you, there is nothing to do."),
        ),
        expires_at=now + LIFETIME,
    )


def written(*paragraphs: str) -> str:
    return "\n\n".join([*paragraphs, "Campanile\n" + settings.PUBLIC_URL]) + "\n"


def _ways(what: str, key: str) -> str:
    """For a browser, for the app, and for those whose letters are not on the phone."""
    lines = [
        f"{settings.PUBLIC_URL}/account/{what}/{key}/",
        _("In the app:") + f" campanile://account/{what}/{key}",
        _("Or enter this key in the app:") + f" {key}",
    ]
    return "\n\n".join(lines)
