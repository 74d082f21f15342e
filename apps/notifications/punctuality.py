"""How late reminders rang, by what their users have chosen; nobody writes it down when they ring."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta

from django.db.models import QuerySet
from django.db.models.functions import Now

from apps.core.zones import zone_named
from apps.notifications.models import Push
from apps.notifications.reminding import due_at, lateness

LATELY = timedelta(minutes=5)
# Enough for percentiles, and as cheap after a flood as on a quiet day.
MANY = 1000
# None is answered later than this after it was last allowed to start: such a user has chosen another time since it rang.
ANSWERED_WITHIN = timedelta(minutes=1)


def seconds_late() -> Mapping[str, list[float]]:
    """By kind, in order: from when each of the newest was to ring to FCM's answer."""
    found: dict[str, list[float]] = defaultdict(list)
    for push in rung_lately():
        assert push.reminder
        reminder, user = push.reminder, push.reminder.user
        due = due_at(reminder, user.notification_preferences, zone_named(user.time_zone))
        if due and push.settled_at and due <= push.settled_at <= due + lateness(reminder) + ANSWERED_WITHIN:
            found[reminder.kind].append((push.settled_at - due).total_seconds())
    return {kind: sorted(late) for kind, late in found.items()}


def rung_lately() -> QuerySet[Push]:
    sent = Push.objects.filter(status=Push.Status.SENT, high_priority=True, settled_at__gt=Now() - LATELY)
    rung = sent.filter(reminder__user__notification_preferences__isnull=False).order_by("-settled_at")
    return rung.select_related("reminder__user__notification_preferences")[:MANY]
