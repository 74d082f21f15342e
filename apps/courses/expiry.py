"""The worker's expiry lane: staff edits whose time has come give way to the source again."""

from django.db import transaction
from django.utils import timezone

from apps.courses.models import Override
from apps.courses.staff_edits import expire_override


def expire_due() -> int:
    """One override a transaction, so each is a change set of its own. Returns how many were looked at."""
    now = timezone.now()
    due = Override.objects.filter(expires_at__lte=now).order_by("expires_at")
    ids = list(due.values_list("object_id", flat=True)[:50])
    for id in ids:
        with transaction.atomic():
            expire_override(object_id=id, now=now)
    return len(ids)
