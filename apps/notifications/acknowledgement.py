"""Whom a change set or an announcement reached: how many it concerned, what became of their pushes, how many have read it."""

import dataclasses
import uuid

from django.db.models import Count, QuerySet

from apps.notifications.models import Notification, Push

Status = Push.Status


@dataclasses.dataclass(frozen=True, slots=True)
class Acknowledgement:
    """`people` have it in their inbox, `read` of them have read it; `pushes` counts their phones by status."""

    people: int
    read: int
    pushes: dict[str, int]

    @classmethod
    def of_change_set(cls, revision: int) -> "Acknowledgement":
        return cls._of(
            Notification.objects.filter(change_set=revision),
            Push.objects.filter(notification__change_set=revision),
        )

    @classmethod
    def of_announcement(cls, announcement: uuid.UUID) -> "Acknowledgement":
        return cls._of(
            Notification.objects.filter(announcement=announcement),
            Push.objects.filter(notification__announcement=announcement),
        )

    @classmethod
    def _of(cls, messages: QuerySet[Notification], pushes: QuerySet[Push]) -> "Acknowledgement":
        counts = messages.aggregate(people=Count("pk"), read=Count("read_at"))
        statuses = pushes.values_list("status")
        return cls(counts["people"], counts["read"], dict(statuses.annotate(Count("pk")).order_by()))

    @property
    def phones(self) -> int:
        return sum(self.pushes.values())

    def pushed(self, *statuses: Push.Status) -> int:
        return sum(self.pushes.get(status, 0) for status in statuses)
