"""When a reminder is due, by what its user has chosen. Asked when it is planned for, and again when it is about to be sent."""

from datetime import datetime, timedelta, tzinfo

from apps.notifications.clocks import hour_of, quiet_until
from apps.notifications.models import Preferences, Reminder

# What a user may switch off beside the categories of messages; it is no category of the inbox.
CATEGORY = "reminders"
FEWEST_MINUTES = 5
MOST_MINUTES = 120
# One that is later is not sent any more: it would remind of what everybody knows by then.
LATE = timedelta(minutes=2)
TOMORROW_LATE = timedelta(hours=1)
# Made so long before they are due, they ring on time however busy the workers are.
PLANNED_AHEAD = timedelta(seconds=60)


def lateness(reminder: Reminder) -> timedelta:
    return TOMORROW_LATE if reminder.kind == Reminder.Kind.TOMORROW else LATE


def due_at(reminder: Reminder, preferences: Preferences | None, zone: tzinfo) -> datetime | None:
    """None when its user wants it no more.

    Quiet hours are kept as for what is near: they do not silence what begins before they end, and the rest is due when they end.
    """
    if preferences is None or CATEGORY in preferences.push_off:
        return None
    if reminder.day:
        return _due_on_the_eve(reminder, preferences, zone)
    if preferences.reminder_minutes is None:
        return None
    due = reminder.begins_at - timedelta(minutes=preferences.reminder_minutes)
    if preferences.quiet_from is None or preferences.quiet_to is None:
        return due
    quiet = quiet_until(due, begins=preferences.quiet_from, ends=preferences.quiet_to, zone=zone)
    return quiet if quiet and quiet < reminder.begins_at else due


def _due_on_the_eve(reminder: Reminder, preferences: Preferences, zone: tzinfo) -> datetime | None:
    """An hour that had passed when it was chosen is the next day's."""
    if reminder.day is None or preferences.tomorrow_hour is None:
        return None
    due = hour_of(reminder.day - timedelta(days=1), hour=preferences.tomorrow_hour, zone=zone)
    chosen_at = preferences.tomorrow_chosen_at
    return None if chosen_at and due < chosen_at else due
