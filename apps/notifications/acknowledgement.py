"""Whom a change set reached: how many it concerned, what became of their pushes, how many have read it."""

import dataclasses

from django.db.models import Count

from apps.notifications.models import Notification, Push

Status = Push.Status


@dataclasses.dataclass(frozen=True, slots=True)
class Acknowledgement:
    """`people` have it in their inbox, `read` of them have read it; `pushes` counts their phones by status."""

    people: int
    read: int
    pushes: dict[str, int]

    @classmethod
    def of(cls, revision: int) -> "Acknowledgement":
        messages = Notification.objects.filter(change_set=revision)
        counts = messages.aggregate(people=Count("pk"), read=Count("read_at"))
        statuses = Push.objects.filter(notification__change_set=revision).values_list("status")
        return cls(counts["people"], counts["read"], dict(statuses.annotate(Count("pk")).order_by()))

    @property
    def phones(self) -> int:
        return sum(self.pushes.values())

    def pushed(self, *statuses: Push.Status) -> int:
        return sum(self.pushes.get(status, 0) for status in statuses)
