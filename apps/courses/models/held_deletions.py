from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from apps.courses.models.snapshot import Snapshot


class HeldDeletionsQuerySet(models.QuerySet["HeldDeletions"]):
    def waiting(self) -> "HeldDeletionsQuerySet":
        return self.filter(state=HeldDeletions.State.WAITING)


class HeldDeletions(models.Model):
    """A complete snapshot that would hide too many courses of its term at once. Only an approved one sets a floor.

    `would_hide` of `of_courses` is what was counted when it came; `delivery` brought its last page. `revision` is what approving changed.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        APPROVED = "approved"
        REJECTED = "rejected"
        # A newer snapshot of the term is complete, so this one has nothing to say any more.
        SUPERSEDED = "superseded"

    snapshot = models.OneToOneField(Snapshot, models.CASCADE, primary_key=True, related_name="held")
    delivery = models.UUIDField(null=True, db_index=True)
    silenced = models.BooleanField(default=False)
    would_hide = models.PositiveIntegerField()
    of_courses = models.PositiveIntegerField()
    state = models.CharField(max_length=16, choices=State, default=State.WAITING)
    held_at = models.DateTimeField(db_default=Now())
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    revision = models.BigIntegerField(null=True)

    objects = HeldDeletionsQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "held deletions"
        indexes = [
            models.Index(
                fields=["held_at"], name="courses_helddeletions_waiting", condition=models.Q(state="waiting")
            )
        ]

    class Decided(Exception):
        """It has been approved or rejected before, or a newer snapshot has made it moot."""

    def __str__(self) -> str:
        return f"{self.would_hide:,} of {self.of_courses:,} courses of {self.snapshot.term}"

    @property
    def waits(self) -> bool:
        return self.state == self.State.WAITING

    def as_json(self) -> dict[str, Any]:
        """What a sender is told of it."""
        return {"state": self.state, "would_hide": self.would_hide, "of": self.of_courses}
