"""Devices nobody has seen for long are rung no more: a job of the schedule lane.

The app registers at every start, so such a phone is in a drawer, or lives on without the app. Should it come back, it registers and rings again.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from apps.notifications.models import Device

UNSEEN_FOR = timedelta(days=60)
BATCH = 500
UNSEEN = f"unseen for {UNSEEN_FOR.days} days"


@transaction.atomic
def retire_unseen() -> int:
    """At most one batch. Returns how many were retired. One that registers at this moment is left alone."""
    unseen = Device.objects.active().filter(registered_at__lt=Now() - UNSEEN_FOR).order_by("registered_at")
    locked = unseen.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)
    found = Device.objects.filter(pk__in=list(locked[:BATCH]))
    return found.update(retired_at=Now(), retired_why=UNSEEN)
