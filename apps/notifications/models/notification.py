import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from apps.courses.models import ChangeSet, Course
from apps.notifications.models.announcement import Announcement


class NotificationQuerySet(models.QuerySet["Notification"]):
    def unread(self) -> "NotificationQuerySet":
        return self.filter(read_at=None)

    def mark_read(self) -> int:
        return self.unread().update(read_at=Now())


class Notification(models.Model):
    """One message for one user: what the app lists. At most one for each change set and for each announcement; it is of one or the other.

    `changes` is `[{"object", "id", "course", "field", "old", "new", "dates"}]`, the net difference when it was made; `params` holds
    what its sentences need besides, see composition.py. Both are empty for an announcement, which has the words itself. Text is rendered when it is read or sent, in the language of that moment.
    `starts_at` is when the first thing it speaks of begins, `expires_at` when nobody needs to hear of it any more.
    """

    class Category(models.TextChoices):
        SCHEDULE = "schedule"
        EXAMS = "exams"
        COURSES = "courses"
        ANNOUNCEMENTS = "announcements"

    class Why(models.TextChoices):
        """Why it rang, or did not: see languages.py for the sentences."""

        WAITING = "waiting"
        HELD = "held"
        REJECTED = "rejected"
        QUIET = "quiet"
        SUMMARY = "summary"
        RANG = "rang"
        NO_DEVICE = "no-device"
        SIGNED_OUT = "signed-out"
        UNFOLLOWED = "unfollowed"
        MUTED = "muted"
        PUSH_OFF = "push-off"
        UNDONE = "undone"
        WITHDRAWN = "withdrawn"
        TOLD = "told"
        EXPIRED = "expired"
        RETIRED = "retired"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications", db_index=False
    )
    change_set = models.ForeignKey(
        ChangeSet, models.CASCADE, null=True, related_name="notifications", db_column="revision"
    )
    announcement = models.ForeignKey(
        Announcement, models.CASCADE, null=True, related_name="notifications", db_index=False
    )
    category = models.CharField(max_length=16, choices=Category)
    kind = models.CharField(max_length=32)
    course = models.ForeignKey(Course, models.SET_NULL, null=True, related_name="+")
    params = models.JSONField(default=dict)
    changes = models.JSONField(default=list)
    deep_link = models.CharField(max_length=200)
    starts_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    why = models.CharField(max_length=16, choices=Why, default=Why.WAITING)
    created_at = models.DateTimeField(db_default=Now())
    read_at = models.DateTimeField(null=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "change_set"], name="notifications_notification_once"),
            models.UniqueConstraint(
                fields=["announcement", "user"],
                name="notifications_notification_announced_once",
                condition=models.Q(announcement__isnull=False),
            ),
            models.CheckConstraint(
                condition=models.Q(change_set__isnull=True, announcement__isnull=False)
                | models.Q(change_set__isnull=False, announcement__isnull=True),
                name="notifications_notification_of_one",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-created_at", "-id"], name="notifications_inbox"),
            models.Index(fields=["user"], name="notifications_unread", condition=models.Q(read_at=None)),
            models.Index(
                fields=["created_at"],
                name="notifications_unread_exams",
                condition=models.Q(read_at=None, category="exams"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.user_id}"
