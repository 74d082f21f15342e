"""The last look at reminders before they are sent: what is it that begins by now, and does it still concern the user?"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from apps.courses.beginnings import Beginning, beginning
from apps.courses.models import Course
from apps.notifications.audience import followers
from apps.notifications.choices import Choices
from apps.notifications.claimed import Claimed
from apps.notifications.models import Notification, Reminder
from apps.notifications.reminders import matters_of
from apps.notifications.reminding import lateness
from apps.notifications.tomorrow import on
from apps.notifications.wanted import Reminded, Unwanted, Wanted

Why = Notification.Why


def look_at_reminders(
    pushes: Iterable[tuple[Claimed, Reminder]], choices: Choices, *, now: datetime, revision: int
) -> tuple[list[Wanted], list[Unwanted]]:
    """`pushes` of users who may be rung, with their reminders."""
    timely: list[tuple[Claimed, Reminder, datetime]] = []
    unwanted: list[Unwanted] = []
    for push, reminder in pushes:
        due = choices.reminder_due(reminder, push.user)
        if due is None:
            unwanted.append(Unwanted(push, Why.PUSH_OFF))
        elif now > due + lateness(reminder):
            unwanted.append(Unwanted(push, Why.EXPIRED))
        else:
            timely.append((push, reminder, due + lateness(reminder)))
    looked = _Looked([reminder for _, reminder, _ in timely], now) if timely else None
    wanted: list[Wanted] = []
    for push, reminder, latest in timely:
        assert looked, "there is something to look at"
        found = looked.of(reminder)
        if isinstance(found, Reminded):
            wanted.append(Wanted(push, [], revision, reminded=found, latest=latest))
        else:
            unwanted.append(Unwanted(push, found))
    return wanted, unwanted


class _Looked:
    """What there is by now to remind of, read for all of these at once."""

    def __init__(self, reminders: Sequence[Reminder], now: datetime) -> None:
        begins = [each for each in reminders if each.subject]
        self._found: list[tuple[object, Beginning]] = []
        if begins:
            moments = [each.begins_at for each in begins]
            among = {each.subject for each in begins if each.subject}
            found = beginning(min(moments), max(moments), among=among)
            self._found += [((each.id, each.starts_at), each) for each in found]
        for day in {each.day for each in reminders if each.day}:
            self._found += [(day, each) for each in on(day, after=now)]
        beginnings = [each for _, each in self._found]
        users = {each.user_id for each in reminders}
        self._positions = followers(matters_of(beginnings), among=users) if beginnings else {}
        self._titles = _titles({each.course for each in beginnings})

    def of(self, reminder: Reminder) -> Reminded | Notification.Why:
        """What it is about, or why there is nothing any more."""
        key = reminder.day or (reminder.subject, reminder.begins_at)
        mine = (self._found[n] for n in self._positions.get(reminder.user_id, ()))
        if found := [each for about, each in mine if about == key]:
            titles = {each.course: self._titles[each.course] for each in found}
            return Reminded(found, titles)
        there = any(about == key for about, _ in self._found)
        return Why.UNFOLLOWED if there and reminder.subject else Why.UNDONE


def _titles(courses: Iterable[uuid.UUID]) -> dict[uuid.UUID, Mapping[str, str]]:
    """The titles of courses by language, that of their source under none."""
    found = Course.objects.filter(pk__in=courses).values_list("pk", "title", "translations")
    return {key: {**_translated(translations), "": title} for key, title, translations in found}


def _translated(translations: object) -> dict[str, str]:
    if not isinstance(translations, dict):
        return {}
    return {
        language: words["title"]
        for language, words in translations.items()
        if isinstance(words, dict) and words.get("title")
    }
