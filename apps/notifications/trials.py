"""Trying a phone out: a test is a push that tells of no notification. It goes the way of all pushes, and no inbox knows of it."""

from datetime import datetime, timedelta

from django.utils import timezone
from rest_framework.exceptions import Throttled

from apps.notifications.models import Device, Push

EVERY = timedelta(minutes=1)
# One that arrives later than this only puzzles.
LIFE = timedelta(minutes=5)

# A device has one row for its tests, and its own age is what limits them, however many ask at once. A lease is left alone: if the test before
# is being sent at this moment, it is the answer to this one too.
_ASK = """
    INSERT INTO notifications_push AS push (device_id, status, high_priority, expires_at, attempts, fcm_name, error)
    VALUES (%(device)s, 'pending', true, statement_timestamp() + %(life)s, 0, '', '')
    ON CONFLICT (device_id) WHERE notification_id IS NULL AND reminder_id IS NULL DO UPDATE
    SET status = 'pending', high_priority = true, created_at = statement_timestamp(), next_try_at = statement_timestamp(),
        expires_at = excluded.expires_at, attempts = 0, fcm_name = '', error = '', settled_at = NULL
    WHERE push.created_at <= statement_timestamp() - %(every)s
    RETURNING push.*
"""


def ask_for_test(*, device: Device) -> Push:
    """Raises Throttled when the last was less than a minute ago."""
    values = {"device": device.pk, "life": LIFE, "every": EVERY}
    for push in Push.objects.raw(_ASK, values):
        return push
    last = Push.objects.tests().filter(device=device).values_list("created_at", flat=True).first()
    raise Throttled(wait=_wait(last, timezone.now()))


def forget_tests(*, device: Device) -> None:
    """What its user before asked for is none of the next one's business."""
    Push.objects.tests().filter(device=device).delete()


def _wait(last: datetime | None, now: datetime) -> float:
    return max(1.0, (last + EVERY - now).total_seconds()) if last else 1.0
