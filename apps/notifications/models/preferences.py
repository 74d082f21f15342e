from datetime import time

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models


def _categories() -> "ArrayField[list[str], list[str]]":
    return ArrayField(models.CharField(max_length=16), default=list, blank=True)


class Preferences(models.Model):
    """What a user wants to hear of, and how. Who has no row has chosen nothing: all is on.

    Kept as what is switched off, so that a category that comes later is on for everybody; of e-mail, as what is switched on. Nothing of a category in `inbox_off` reaches
    the user at all, since a push tells of a message in the inbox. A muted course is named without referring to its row, so the choice
    outlives a course that leaves the catalogue and comes back. Quiet hours
    are of the clock in the user's zone, and go over midnight when they begin later than they end; so are the hours of the daily summary and of what
    tomorrow brings. `reminder_minutes` is how long before each class or exam it rings. `unread_exams_email`: a change of an exam that
    stays unread comes by e-mail.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        related_name="notification_preferences",
    )
    push_off = _categories()
    inbox_off = _categories()
    email_on = ArrayField(models.CharField(max_length=16), default=list, db_default=[], blank=True)
    unread_exams_email = models.BooleanField(default=True, db_default=True)
    muted_courses = ArrayField(models.UUIDField(), default=list, blank=True)
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_to = models.TimeField(null=True, blank=True)
    summary_hour = models.PositiveSmallIntegerField(null=True, blank=True)
    reminder_minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    tomorrow_hour = models.PositiveSmallIntegerField(null=True, blank=True)
    tomorrow_chosen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "preferences"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(quiet_from=None, quiet_to=None)
                | models.Q(quiet_from__isnull=False, quiet_to__isnull=False),
                name="notifications_preferences_quiet_from_and_to",
            )
        ]
        indexes = [
            models.Index(
                fields=["reminder_minutes"],
                name="notifications_reminder_minutes",
                condition=models.Q(reminder_minutes__isnull=False),
            ),
            models.Index(
                fields=["tomorrow_hour"],
                name="notifications_tomorrow_hour",
                condition=models.Q(tomorrow_hour__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"preferences of {self.user_id}"

    def is_quiet(self, hour: int | None) -> bool:
        """Whether the full hour lies within the quiet hours."""
        if hour is None or self.quiet_from is None or self.quiet_to is None:
            return False
        rings = time(hour)
        if self.quiet_from < self.quiet_to:
            return self.quiet_from <= rings < self.quiet_to
        return rings >= self.quiet_from or rings < self.quiet_to

    def rings_for(self, category: str) -> bool:
        return category not in self.push_off and category not in self.inbox_off
