"""The letters about the beginning and the end of an account, each in the language of the one who gets it."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from apps.core.languages import speaking
from apps.core.zones import zone_named
from apps.mail.outbox import Draft
from apps.users.letters import written
from apps.users.models import User

LIFETIME = timedelta(days=3)


def asked(user: User, *, purge_at: datetime, now: datetime) -> Draft:
    day = f"{purge_at.astimezone(zone_named(user.time_zone)):%d.%m.%Y}"
    with speaking(user.language):
        return Draft(
            to=user.email,
            subject=_("Your account is going to be deleted"),
            text=written(
                _(
                    "You asked us to delete your account with Campanile. You are signed out everywhere, and nothing is sent to your phones any more."
                ),
                _("On %(day)s everything we hold about you is deleted.") % {"day": day},
                _(
                    "If you change your mind, or if it was not you: sign in before that day, and the account stays as it was. If it was not you, choose another password then."
                ),
            ),
            expires_at=now + LIFETIME,
            user=user.pk,
        )


def taken_back(user: User, *, now: datetime) -> Draft:
    with speaking(user.language):
        return Draft(
            to=user.email,
            subject=_("Your account stays"),
            text=written(
                _(
                    "You signed in to Campanile, so your account is not going to be deleted. All of it is as it was."
                ),
                _(
                    "If it was not you, choose another password: “Forgot your password?” in the app. That signs out every phone."
                ),
            ),
            expires_at=now + LIFETIME,
            user=user.pk,
        )


def link(user: User, *, key: str, expires_at: datetime) -> Draft:
    """To the page with the button. It holds no word that the one who asked for it could choose."""
    with speaking(user.language):
        return Draft(
            to=user.email,
            subject=_("Delete your account with Campanile?"),
            text=written(
                _(
                    "Somebody, most likely you, asked on our website for the deletion of your account with Campanile."
                ),
                _("Open this page within an hour, and confirm it there:"),
                f"{settings.PUBLIC_URL}/account/deletion/{key}/",
                _("If it was not you, leave it be: nothing is deleted."),
            ),
            expires_at=expires_at,
            user=user.pk,
        )


def invitation(user: User, *, key: str, expires_at: datetime, posted_as: str) -> Draft:
    with speaking(user.language):
        return Draft(
            to=user.email,
            subject=_("Your account with Campanile"),
            text=written(
                _(
                    "Your faculty has made you an account with Campanile, the app for your timetable, exams and what changes in them."
                ),
                _("Choose a password within 14 days, and sign in with this address:"),
                f"{settings.PUBLIC_URL}/account/reset/{key}/",
                _("In the app:") + f" campanile://account/reset/{key}",
                _("Later, “Forgot your password?” in the app sends you another link."),
            ),
            expires_at=expires_at,
            user=user.pk,
            key=posted_as,
            bulk=True,
        )


def no_account(to: str, *, language: str, expires_at: datetime) -> Draft:
    with speaking(language):
        return Draft(
            to=to,
            subject=_("There is no account with this address"),
            text=written(
                _(
                    "Somebody, most likely you, asked for the deletion of an account with Campanile, but none has this address."
                ),
                _("You may have registered with another one. If it was not you, there is nothing to do."),
            ),
            expires_at=expires_at,
        )
