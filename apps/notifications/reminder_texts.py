"""What reminders say."""

import math
from datetime import datetime

from django.utils.translation import ngettext

from apps.core.languages import speaking
from apps.courses.beginnings import Beginning
from apps.notifications.languages import Catalogue, catalogue
from apps.notifications.messages import Text, fitted
from apps.notifications.models import Reminder
from apps.notifications.wanted import Reminded


def reminder_text(reminder: Reminder, about: Reminded, *, language: str, now: datetime) -> Text:
    words = catalogue(language)
    if reminder.kind == Reminder.Kind.TOMORROW:
        return fitted(_tomorrow(about, words, language))
    first = about.beginnings[0]
    left = first.starts_at - now
    minutes = max(1, math.ceil(left.total_seconds() / 60))
    title = words.begins[reminder.kind].format(course=_title(about, first, language), minutes=minutes)
    rooms = dict.fromkeys(room for each in about.beginnings for room in each.rooms)
    return fitted(Text(title, ", ".join([*rooms, f"{first.local:%H:%M}"])))


def _tomorrow(about: Reminded, words: Catalogue, language: str) -> Text:
    """Such as "3 classes, first 09:15 Algorithms, Raf04; exam 12:00 Databases, Raf20"."""
    # An exam in several rooms has several sittings at one time.
    distinct = {(each.kind, each.id, each.starts_at): each for each in reversed(about.beginnings)}
    ahead = list(reversed(distinct.values()))
    classes = [_place(about, each, language) for each in ahead if each.kind == "class"]
    exams = [_place(about, each, language) for each in ahead if each.kind == "exam"]
    parts = [words.exam.format(place=place) for place in exams]
    if len(classes) == 1:
        parts.insert(0, words.only_class.format(place=classes[0]))
    elif classes:
        with speaking(language):
            counted = ngettext("{count} class, first {place}", "{count} classes, first {place}", len(classes))
        parts.insert(0, counted.format(count=len(classes), place=classes[0]))
    return Text(words.tomorrow, "; ".join(parts))


def _place(about: Reminded, each: Beginning, language: str) -> str:
    return ", ".join([f"{each.local:%H:%M} {_title(about, each, language)}", *each.rooms])


def _title(about: Reminded, each: Beginning, language: str) -> str:
    titles = about.titles[each.course]
    return titles.get(language) or titles[""]
