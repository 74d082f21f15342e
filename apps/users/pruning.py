"""What is over makes room: a job of the schedule lane."""

from datetime import timedelta

from django.utils import timezone

from apps.users.models import Registration, Session

BATCH = 500
# An ended session stays for as long as its refresh tokens would have lived, and a month, so that staff can look into what happened.
KEPT = timedelta(days=30)


def prune() -> int:
    """At most one batch of each. Returns how many rows went."""
    now = timezone.now()
    registrations = Registration.objects.stale(now).order_by("created_at")[:BATCH]
    sessions = Session.objects.filter(expires_at__lt=now - KEPT).order_by("expires_at")[:BATCH]
    gone = 0
    for rows in (registrations, sessions):
        gone += rows.model.objects.filter(pk__in=[row.pk for row in rows]).delete()[0]
    return gone
