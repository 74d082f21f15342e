from django.conf import settings
from django.db import models


class CalendarFeed(models.Model):
    """The secret address under which calendar programs read one user's timetable and exams.

    `fingerprint` is the SHA-256 of the secret, never the secret. `last_fetched_at` is to the hour.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="calendar_feed"
    )
    fingerprint = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    last_fetched_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"calendar of {self.user_id}"
