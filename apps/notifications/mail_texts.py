"""What letters about notifications say."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext

from apps.core.languages import speaking
from apps.mail.outbox import LONGEST_SUBJECT, Draft
from apps.notifications.messages import message
from apps.notifications.models import Mailing
from apps.notifications.net_change import NetChange
from apps.notifications.unsubscribing import Topic, link

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\s]+")


def letter(mailing: Mailing, changes: list[NetChange], topic: Topic, *, now: datetime) -> Draft:
    """In the user's language. Raises InvalidDraft for an address that cannot be written to."""
    notification, user = mailing.notification, mailing.notification.user
    course = notification.params.get("courses", {}).get(str(notification.course_id), {})
    today = now.astimezone(ZoneInfo(course.get("time_zone", "UTC"))).date()
    said = message(notification, changes, language=user.language, today=today)
    stop = link(user.pk, topic)
    with speaking(user.language):
        paragraphs = [said.body, reason(topic), gettext("To stop these letters: {link}").format(link=stop)]
    return Draft(
        to=user.email,
        subject=_line(said.title),
        text="\n\n".join([said.title, *paragraphs, f"Campanile\n{settings.PUBLIC_URL}"]) + "\n",
        headers={"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
        expires_at=notification.starts_at or notification.expires_at
        if topic is Topic.UNREAD_EXAMS
        else notification.expires_at,
        key=mailing.key,
        user=user.pk,
        bulk=mailing.bulk,
    )


def reason(topic: Topic) -> str:
    """Why one is written to, in the language that is spoken."""
    match topic:
        case Topic.SCHEDULE:
            return gettext("You get this because you want e-mail about your timetable.")
        case Topic.EXAMS:
            return gettext("You get this because you want e-mail about exams.")
        case Topic.COURSES:
            return gettext("You get this because you want e-mail about courses.")
        case Topic.ANNOUNCEMENTS:
            return gettext("You get this because you want announcements by e-mail.")
        case Topic.UNREAD_EXAMS:
            return gettext(
                "You get this because an exam has changed, and you have not read of it in the app."
            )


def stopped(topic: Topic) -> str:
    """That there will be no more, in the language that is spoken."""
    match topic:
        case Topic.SCHEDULE:
            return gettext("You get no more e-mail about your timetable.")
        case Topic.EXAMS:
            return gettext("You get no more e-mail about exams.")
        case Topic.COURSES:
            return gettext("You get no more e-mail about courses.")
        case Topic.ANNOUNCEMENTS:
            return gettext("You get no more announcements by e-mail.")
        case Topic.UNREAD_EXAMS:
            return gettext(
                "You get no more e-mail about exams that have changed while you did not read of it."
            )


def _line(title: str) -> str:
    """A title may hold what courses hold; a subject is one line."""
    line = _UNPRINTABLE.sub(" ", title).strip() or "Campanile"
    return line if len(line) <= LONGEST_SUBJECT else f"{line[: LONGEST_SUBJECT - 1]}…"
