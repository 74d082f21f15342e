from django.conf import settings
from django.db import models


class HiddenEntry(models.Model):
    """This user does not want to see or hear of an entry. It names the entry without referring to its row, so it outlives it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="hidden_entries", db_index=False
    )
    entry = models.UUIDField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "hidden entries"
        constraints = [models.UniqueConstraint(fields=["user", "entry"], name="courses_hiddenentry_once")]

    def __str__(self) -> str:
        return f"{self.user_id} hides {self.entry}"
