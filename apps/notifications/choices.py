"""What users have chosen, asked of many pushes at once: may it ring, and may it ring now?"""

import dataclasses
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from apps.notifications.clocks import quiet_until
from apps.notifications.models import Notification, Preferences, Push
from apps.notifications.net_change import NetChange
from apps.users.models import User

Why = Notification.Why


@dataclasses.dataclass(frozen=True, slots=True)
class Wait:
    until: datetime
    why: Notification.Why


class Choices:
    def __init__(self, users: Mapping[uuid.UUID, User], chosen: Mapping[uuid.UUID, Preferences]) -> None:
        self._users = users
        self._chosen = chosen

    @classmethod
    def of(cls, pushes: Iterable[Push]) -> "Choices":
        """`pushes` come with notification and user selected."""
        users = {push.notification.user_id: push.notification.user for push in pushes}
        return cls(users, Preferences.objects.in_bulk(users))

    def silenced(self, push: Push, changes: Sequence[NetChange]) -> Notification.Why | None:
        """Why these changes, all that is left to tell, shall not ring; None when they may."""
        preferences = self._chosen.get(push.notification.user_id)
        if preferences is None:
            return None
        heard = [change for change in changes if change.course not in preferences.muted_courses]
        if changes and not heard:
            return Why.MUTED
        categories = {change.category for change in heard} or {push.notification.category}
        return None if any(map(preferences.rings_for, categories)) else Why.PUSH_OFF

    def wait(self, push: Push, now: datetime) -> Wait | None:
        """Until when it shall not ring; None when it may ring now. Quiet hours are kept but for what begins before they end."""
        preferences = self._chosen.get(push.notification.user_id)
        if preferences is None or preferences.quiet_from is None or preferences.quiet_to is None:
            return None
        zone = ZoneInfo(self._users[push.notification.user_id].time_zone)
        quiet = quiet_until(now, begins=preferences.quiet_from, ends=preferences.quiet_to, zone=zone)
        starts_at = push.notification.starts_at
        if quiet is None or (starts_at is not None and now <= starts_at < quiet):
            return None
        return Wait(quiet, Why.QUIET)
