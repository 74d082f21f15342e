"""Devices nobody has seen for long: jobs of the schedule lane.

The app registers at every start, so a phone that is not seen for weeks is in a drawer, or lives on without the app. It is rung no more; should it
come back, it registers and rings again. Months later its row goes, with what is known of its pushes: by then nobody asks.
"""

from datetime import timedelta

from django.conf import settings
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


@transaction.atomic
def remove_retired() -> int:
    """At most one batch of those that were retired longer ago than DEVICE_RETENTION. Returns how many rows went, pushes among them."""
    old = Device.objects.filter(retired_at__lt=Now() - settings.DEVICE_RETENTION).order_by("retired_at")
    locked = old.select_for_update(skip_locked=True).values_list("pk", flat=True)
    removed, _ = Device.objects.filter(pk__in=list(locked[:BATCH])).delete()
    return removed
