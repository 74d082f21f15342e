"""The links in letters by which one kind of letter is stopped with a click, without signing in (RFC 8058).

Such a link stays good for ever, since letters do. It says whose and what it is, under a key of its own: it opens nothing else, and no other
secret of ours opens it.
"""

import enum
import uuid

from django.conf import settings
from django.core.signing import BadSignature, Signer

from apps.notifications.models import Notification
from apps.notifications.preferences import locked_preferences
from apps.users.models import User


class Topic(enum.StrEnum):
    """What letters are about: the categories of messages, and exams that stay unread."""

    SCHEDULE = Notification.Category.SCHEDULE.value
    EXAMS = Notification.Category.EXAMS.value
    COURSES = Notification.Category.COURSES.value
    ANNOUNCEMENTS = Notification.Category.ANNOUNCEMENTS.value
    UNREAD_EXAMS = "unread-exams"


class UnknownLink(Exception):
    """Nobody was given such a link, or the account is gone."""


def link(user: uuid.UUID, topic: Topic) -> str:
    return f"{settings.PUBLIC_URL}/unsubscribe/{_signer().sign(f'{user.hex}.{topic}')}/"


def read(token: str) -> tuple[User, Topic]:
    """Raises UnknownLink."""
    try:
        user, _, topic = _signer().unsign(token).partition(".")
        return User.objects.get(pk=uuid.UUID(user)), Topic(topic)
    except (BadSignature, User.DoesNotExist) as error:
        raise UnknownLink from error


def unsubscribe(*, user_id: uuid.UUID, topic: Topic) -> None:
    """Write no more letters about it. The caller opens the transaction. Doing it again changes nothing."""
    preferences = locked_preferences(user_id)
    if topic is Topic.UNREAD_EXAMS:
        preferences.unread_exams_email = False
    else:
        preferences.email_on = [each for each in preferences.email_on if each != topic]
    preferences.save(update_fields=["unread_exams_email", "email_on"])


def _signer() -> Signer:
    return Signer(key=settings.UNSUBSCRIBE_KEY, sep=".", salt="unsubscribe", fallback_keys=[])
