"""What a user chooses to hear of. The caller opens the transaction."""

import uuid
from collections.abc import Mapping, Sequence
from typing import TypedDict

from apps.courses.models import Course
from apps.notifications.models import Preferences

# Made and locked in one statement, so that two phones of one user change one after the other.
_LOCK = """
    INSERT INTO notifications_preferences (user_id, push_off, inbox_off, muted_courses) VALUES (%s, '{}', '{}', '{}')
    ON CONFLICT (user_id) DO UPDATE SET user_id = excluded.user_id
    RETURNING *
"""


class PreferenceChanges(TypedDict, total=False):
    """`categories` is `{category: {"push": bool, "inbox": bool}}`, either may be left out; `muted_courses` replaces the list."""

    categories: Mapping[str, Mapping[str, bool]]
    muted_courses: Sequence[uuid.UUID]


class UnknownCourse(Exception):
    """The course at `position` of the list is neither in the catalogue nor muted before."""

    def __init__(self, position: int) -> None:
        super().__init__(position)
        self.position = position


def preferences_of(user_id: uuid.UUID) -> Preferences:
    return Preferences.objects.filter(user=user_id).first() or Preferences(user_id=user_id)


def change_preferences(*, user_id: uuid.UUID, changes: PreferenceChanges) -> Preferences:
    """What is not named stays as it is. Raises UnknownCourse."""
    preferences = Preferences.objects.raw(_LOCK, [user_id])[0]
    for category, channels in changes.get("categories", {}).items():
        _switch(preferences.push_off, category, on=channels.get("push"))
        _switch(preferences.inbox_off, category, on=channels.get("inbox"))
    if "muted_courses" in changes:
        preferences.muted_courses = _known(changes["muted_courses"], preferences.muted_courses)
    preferences.save(force_update=True)
    return preferences


def _switch(off: list[str], category: str, *, on: bool | None) -> None:
    if on and category in off:
        off.remove(category)
    elif on is False and category not in off:
        off.append(category)


def _known(asked: Sequence[uuid.UUID], before: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Each once, in the order given."""
    new = set(asked) - set(before)
    found = (
        set(Course.objects.filter(pk__in=new, visible=True).values_list("pk", flat=True)) if new else set()
    )
    for position, course in enumerate(asked):
        if course in new and course not in found:
            raise UnknownCourse(position)
    return list(dict.fromkeys(asked))
