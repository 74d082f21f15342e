import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Reminder(models.Model):
    """What rings by the clock alone: a class or an exam about to begin, or tomorrow's timetable. It is in no inbox.

    It holds no words: what it says is looked up when it is sent. `subject` is the entry or exam. `begins_at` is when that begins, or when
    tomorrow does by the user's clock: nobody needs it any more then. A class that is moved begins at another moment, so it has
    another reminder. `day`, of the user's, is of a tomorrow alone, and there is one a day, also for who has nothing on it.
    """

    class Kind(models.TextChoices):
        CLASS = "class"
        EXAM = "exam"
        TOMORROW = "tomorrow"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="reminders")
    kind = models.CharField(max_length=8, choices=Kind)
    subject = models.UUIDField(null=True)
    begins_at = models.DateTimeField()
    day = models.DateField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "subject", "begins_at"],
                name="notifications_reminder_once",
                condition=Q(subject__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["user", "day"],
                name="notifications_reminder_one_a_day",
                condition=Q(day__isnull=False),
            ),
            models.CheckConstraint(
                condition=Q(kind="tomorrow", subject=None, day__isnull=False)
                | (~Q(kind="tomorrow") & Q(subject__isnull=False, day=None)),
                name="notifications_reminder_of_one",
            ),
        ]
        indexes = [models.Index(fields=["begins_at"], name="notifications_reminder_begins")]

    def __str__(self) -> str:
        return f"{self.kind} for {self.user_id}"
