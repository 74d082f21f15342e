"""What a user chooses to hear of. The caller opens the transaction."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import time
from typing import TypedDict

from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from apps.courses.models import Course
from apps.notifications.models import Notification, Preferences, Push

# What decides when something rings.
_TIMES = {"quiet_hours", "daily_summary_hour", "reminder_minutes", "tomorrow_summary_hour"}
# Made and locked in one statement, so that two phones of one user change one after the other.
_LOCK = """
    INSERT INTO notifications_preferences (user_id, push_off, inbox_off, muted_courses) VALUES (%s, '{}', '{}', '{}')
    ON CONFLICT (user_id) DO UPDATE SET user_id = excluded.user_id
    RETURNING *
"""


class PreferenceChanges(TypedDict, total=False):
    """`categories` is `{category: {"push": bool, "inbox": bool, "email": bool}}`, `quiet_hours` is `{"from": time, "to": time}`, and of both any
    may be left out; None for no quiet hours, no summary, no reminders. `muted_courses` replaces the list.
    """

    categories: Mapping[str, Mapping[str, bool]]
    muted_courses: Sequence[uuid.UUID]
    quiet_hours: Mapping[str, time] | None
    daily_summary_hour: int | None
    reminder_minutes: int | None
    tomorrow_summary_hour: int | None
    email_unread_exams: bool


class Refused(Exception):
    """What was chosen cannot be; `path` leads to it in the document."""

    def __init__(self, *path: str, detail: str) -> None:
        super().__init__(detail)
        self.path = path
        self.detail = detail


def preferences_of(user_id: uuid.UUID) -> Preferences:
    return Preferences.objects.filter(user=user_id).first() or Preferences(user_id=user_id)


def locked_preferences(user_id: uuid.UUID) -> Preferences:
    """For the rest of the transaction nobody else changes them."""
    return Preferences.objects.raw(_LOCK, [user_id])[0]


def change_preferences(*, user_id: uuid.UUID, changes: PreferenceChanges) -> Preferences:
    """What is not named stays as it is. Raises Refused."""
    return change_locked(preferences=locked_preferences(user_id), changes=changes)


def change_locked(*, preferences: Preferences, changes: PreferenceChanges) -> Preferences:
    """The same for who has looked at them before, under the lock."""
    for category, channels in changes.get("categories", {}).items():
        _switch(preferences.push_off, category, on=channels.get("push"))
        _switch(preferences.inbox_off, category, on=channels.get("inbox"))
        _switch(preferences.email_on, category, on=_turned(on=channels.get("email")))
    preferences.unread_exams_email = changes.get("email_unread_exams", preferences.unread_exams_email)
    if "muted_courses" in changes:
        preferences.muted_courses = _known(changes["muted_courses"], preferences.muted_courses)
    if "quiet_hours" in changes:
        _set_quiet_hours(preferences, changes["quiet_hours"])
    if "daily_summary_hour" in changes:
        preferences.summary_hour = changes["daily_summary_hour"]
    if "reminder_minutes" in changes:
        preferences.reminder_minutes = changes["reminder_minutes"]
    if "tomorrow_summary_hour" in changes:
        _choose_tomorrow_hour(preferences, changes["tomorrow_summary_hour"])
    for name, hour in (
        ("daily_summary_hour", preferences.summary_hour),
        ("tomorrow_summary_hour", preferences.tomorrow_hour),
    ):
        if preferences.is_quiet(hour):
            raise Refused(name, detail="It would ring within the quiet hours.")
    preferences.save(force_update=True)
    if _TIMES & changes.keys():
        _look_again(preferences.user_id)
    return preferences


def _choose_tomorrow_hour(preferences: Preferences, hour: int | None) -> None:
    if hour != preferences.tomorrow_hour:
        preferences.tomorrow_hour, preferences.tomorrow_chosen_at = hour, timezone.now()


def _turned(*, on: bool | None) -> bool | None:
    """For a list of what is on instead of off."""
    return None if on is None else not on


def _switch(off: list[str], category: str, *, on: bool | None) -> None:
    if on and category in off:
        off.remove(category)
    elif on is False and category not in off:
        off.append(category)


def _set_quiet_hours(preferences: Preferences, hours: Mapping[str, time] | None) -> None:
    if hours is None:
        preferences.quiet_from = preferences.quiet_to = None
        return
    preferences.quiet_from = hours.get("from", preferences.quiet_from)
    preferences.quiet_to = hours.get("to", preferences.quiet_to)
    for name, value in (("from", preferences.quiet_from), ("to", preferences.quiet_to)):
        if value is None:
            raise Refused("quiet_hours", name, detail="Quiet hours begin and end: this one is missing.")
    if preferences.quiet_from == preferences.quiet_to:
        raise Refused("quiet_hours", "to", detail="Must differ from when they begin.")


def _look_again(user_id: uuid.UUID) -> None:
    """What was put off for the choice before may be due by this one."""
    put_off = Push.objects.filter(
        Q(lease_until=None) | Q(lease_until__lte=Now()),
        Q(
            notification__user=user_id,
            notification__why__in=[Notification.Why.QUIET, Notification.Why.SUMMARY],
        )
        | Q(reminder__user=user_id),
        status=Push.Status.PENDING,
    )
    put_off.update(next_try_at=Now(), summary_day=None)


def _known(asked: Sequence[uuid.UUID], before: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Each once, in the order given."""
    new = set(asked) - set(before)
    found = (
        set(Course.objects.filter(pk__in=new, visible=True).values_list("pk", flat=True)) if new else set()
    )
    for position, course in enumerate(asked):
        if course in new and course not in found:
            raise Refused("muted_courses", str(position), detail="There is no such course.")
    return list(dict.fromkeys(asked))
