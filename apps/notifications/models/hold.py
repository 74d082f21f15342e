from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from apps.notifications.models.fan_out import FanOut


class HoldQuerySet(models.QuerySet["Hold"]):
    def waiting(self) -> "HoldQuerySet":
        return self.filter(state=Hold.State.WAITING)


class Hold(models.Model):
    """A change set that would ring more phones than may ring unasked. Its pushes are held until staff have decided.

    `phones` is how many pushes that is, counted when they were made.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        APPROVED = "approved"
        REJECTED = "rejected"

    fan_out = models.OneToOneField(
        FanOut, models.CASCADE, primary_key=True, related_name="hold", db_column="revision"
    )
    phones = models.PositiveIntegerField()
    state = models.CharField(max_length=16, choices=State, default=State.WAITING)
    held_at = models.DateTimeField(db_default=Now())
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        verbose_name = "held ringing"
        verbose_name_plural = "held ringing"
        indexes = [
            models.Index(
                fields=["held_at"], name="notifications_hold_waiting", condition=models.Q(state="waiting")
            )
        ]

    class Decided(Exception):
        """Somebody has approved or rejected it before."""

    def __str__(self) -> str:
        return f"{self.phones:,} phones for revision {self.fan_out_id}"
