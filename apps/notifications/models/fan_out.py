from django.db import models

from apps.courses.models import Change, ChangeSet


class FanOut(models.Model):
    """A change set that has to reach people. The worker expands it into notifications once it is due."""

    change_set = models.OneToOneField(
        ChangeSet, models.CASCADE, primary_key=True, related_name="fan_out", db_column="revision"
    )
    due_at = models.DateTimeField()
    expanded_at = models.DateTimeField(null=True)
    concerned = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    dead_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at"],
                name="notifications_fan_out_due",
                condition=models.Q(expanded_at=None, dead_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"revision {self.change_set_id}"


class Folded(models.Model):
    """A change that an earlier expansion has already told, folded into its own; gone once its own change set is expanded."""

    change = models.OneToOneField(Change, models.CASCADE, primary_key=True, related_name="+")
