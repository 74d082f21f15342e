"""How many phones changes would ring, told before anything is made of them."""

from collections.abc import Iterable
from datetime import datetime

from apps.courses.models import Change
from apps.notifications.audience import concerned
from apps.notifications.composition import still_ahead
from apps.notifications.models import Device
from apps.notifications.net_change import NetChange
from apps.notifications.subjects import Subjects


def phones_in_reach(changes: Iterable[Change], now: datetime) -> int:
    """The phones of those whom the changes concern, each counted once. At most so many ring: who has muted or un-enrolled by then does not.

    In the transaction that made the changes, or after it.
    """
    net = [
        NetChange(
            object=change.kind,
            id=change.object_id,
            field=change.field,
            old=change.old,
            new=change.new,
            dates=tuple(change.dates),
            course=change.course_id,
            term=change.term_id,
        )
        for change in changes
        if change.dates
    ]
    subjects = Subjects.of(net)
    ahead = still_ahead([subjects.complete(change) for change in net], subjects, now)
    return Device.objects.active().filter(user__in=concerned(ahead)).count() if ahead else 0
