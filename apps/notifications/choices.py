"""What users have chosen, asked of many pushes at once: may it ring, and may it ring now?"""

import dataclasses
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, tzinfo

from apps.core.arrays import AnyOf, written
from apps.core.zones import zone_named
from apps.notifications.claimed import Claimed, Person
from apps.notifications.clocks import hour_of, next_hour, quiet_until
from apps.notifications.composition import HIGH_PRIORITY_WITHIN
from apps.notifications.models import Notification, Preferences, Reminder
from apps.notifications.net_change import NetChange
from apps.notifications.reminding import due_at
from apps.notifications.summaries import SUMMARY_CLOSES, SUMMARY_LASTS, summed_up

Why = Notification.Why


@dataclasses.dataclass(frozen=True, slots=True)
class Wait:
    """`summary_day`: the day of the user's whose summary it is for."""

    until: datetime
    why: Notification.Why
    summary_day: date | None = None


class Choices:
    def __init__(
        self,
        chosen: Mapping[uuid.UUID, Preferences],
        summed_up: Mapping[uuid.UUID, set[date]],
    ) -> None:
        self._chosen = chosen
        self._summed_up = summed_up

    @classmethod
    def of(cls, pushes: Iterable[Claimed]) -> "Choices":
        """A test rings whatever was chosen: it was asked for just now."""
        users = {push.user.pk for push in pushes if not push.is_test}
        chosen = {each.pk: each for each in Preferences.objects.filter(AnyOf("pk", written(users)))}
        wanting = [user for user, preferences in chosen.items() if preferences.summary_hour is not None]
        return cls(chosen, summed_up(wanting) if wanting else {})

    def silenced(self, push: Claimed, changes: Sequence[NetChange]) -> Notification.Why | None:
        """Why these changes, all that is left to tell, shall not ring; None when they may."""
        preferences = self._chosen.get(push.notification.user_id)
        if preferences is None:
            return None
        heard = [change for change in changes if change.course not in preferences.muted_courses]
        if changes and not heard:
            return Why.MUTED
        categories = {change.category for change in heard} or {push.notification.category}
        return None if any(map(preferences.rings_for, categories)) else Why.PUSH_OFF

    def wait(self, push: Claimed, now: datetime) -> Wait | None:
        """Until when it shall not ring; None when it may ring now.

        Quiet hours are kept but for what begins before they end. Of the rest, what does not begin within a day waits for the daily
        summary, but for what would begin, or be no news, by then.
        """
        if push.reminder:
            due = self.reminder_due(push.reminder, push.user)
            return Wait(due, Why.WAITING) if due and now < due else None
        preferences = None if push.is_test else self._chosen.get(push.notification.user_id)
        if preferences is None:
            return None
        zone = zone_named(push.user.time_zone)
        return self._for_summary(push, preferences, zone, now) or _for_quiet(push, preferences, zone, now)

    def reminder_due(self, reminder: Reminder, user: Person) -> datetime | None:
        """None when its user wants it no more."""
        return due_at(reminder, self._chosen.get(user.pk), zone_named(user.time_zone))

    def in_summary(self, push: Claimed, now: datetime) -> bool:
        """Whether it belongs to the summary whose hour it is."""
        if not push.notification_id or push.summary_day is None:
            return False
        preferences = self._chosen.get(push.notification.user_id)
        if preferences is None or preferences.summary_hour is None:
            return False
        zone = zone_named(push.user.time_zone)
        due = hour_of(push.summary_day, hour=preferences.summary_hour, zone=zone)
        return due <= now < due + SUMMARY_LASTS

    def _for_summary(
        self, push: Claimed, preferences: Preferences, zone: tzinfo, now: datetime
    ) -> Wait | None:
        if push.notification.announcement_id:
            return None  # staff have chosen its hour
        starts_at = push.notification.starts_at
        ahead = starts_at if starts_at and starts_at >= now else None
        near = ahead is not None and ahead <= now + HIGH_PRIORITY_WITHIN
        if preferences.summary_hour is None or near or self.in_summary(push, now):
            return None
        day, due = next_hour(
            now + SUMMARY_CLOSES,
            hour=preferences.summary_hour,
            zone=zone,
            not_on=self._summed_up.get(push.notification.user_id, ()),
        )
        # It must still be in time when the summary is as late as it may be.
        if due + SUMMARY_LASTS > min(push.expires_at, ahead or push.expires_at):
            return None
        return Wait(due, Why.SUMMARY, day)


def _for_quiet(push: Claimed, preferences: Preferences, zone: tzinfo, now: datetime) -> Wait | None:
    if preferences.quiet_from is None or preferences.quiet_to is None:
        return None
    quiet = quiet_until(now, begins=preferences.quiet_from, ends=preferences.quiet_to, zone=zone)
    starts_at = push.notification.starts_at
    if quiet is None or (starts_at is not None and now <= starts_at < quiet):
        return None
    return Wait(quiet, Why.QUIET)
