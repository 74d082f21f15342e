"""What this app does when others announce a fact: it notes it on the delivery concerned."""

from typing import Any

from apps.courses.models import HeldDeletions
from apps.webhooks.models import Delivery

_SETTLED = [Delivery.Status.HELD, Delivery.Status.PROCESSED]


def note_held_deletions(*, held: HeldDeletions, **_: Any) -> None:
    """A delivery that a worker is just applying again is left to it: it will find what has been decided."""
    if held.delivery is None:
        return
    deliveries = Delivery.objects.filter(public_id=held.delivery, status__in=_SETTLED).defer("body")
    for delivery in deliveries.select_for_update(skip_locked=True):
        delivery.status = Delivery.Status.HELD if held.waits else Delivery.Status.PROCESSED
        delivery.result = {**delivery.result, "deletions": held.as_json()}
        delivery.save(update_fields=["status", "result"])
