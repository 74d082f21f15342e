from django.db import models
from django.db.models.functions import Now

from apps.notifications.models.device import Device
from apps.notifications.models.notification import Notification
from apps.notifications.models.reminder import Reminder
from apps.users.models import User


class PushQuerySet(models.QuerySet["Push"]):
    def tests(self) -> "PushQuerySet":
        return self.filter(notification=None, reminder=None)


class Push(models.Model):
    """One sending of a notification or a reminder to one device: a row of the outbox. With neither it is a test, see trials.py.

    Those of one device and `summary_day`, a day of the user's, ring together as its daily summary, see summaries.py. A held one waits
    for staff, see hold.py. A worker owns a pending row until `lease_until`; what it does not settle by then belongs to the next one.
    `told_revision` is the catalogue's revision the text that was sent speaks of: a later change set up to it has nothing more to say to
    this device. A `bulk` one is never sent while another waits.
    """

    class Status(models.TextChoices):
        PENDING = "pending"
        HELD = "held"
        SENT = "sent"
        RETIRED = "retired"
        CANCELLED = "cancelled"
        DEAD = "dead"
        EXPIRED = "expired"

    id = models.BigAutoField(primary_key=True)
    # Typed as if it were always there: whoever asks what a push tells has set tests and reminders apart first.
    notification: "models.ForeignKey[Notification, Notification]" = models.ForeignKey(  # type: ignore[misc]  # on purpose
        Notification, models.CASCADE, related_name="pushes", null=True, db_index=False
    )
    reminder = models.ForeignKey(Reminder, models.CASCADE, related_name="pushes", null=True, db_index=False)
    device = models.ForeignKey(Device, models.CASCADE, related_name="pushes")
    status = models.CharField(max_length=16, choices=Status, default=Status.PENDING)
    bulk = models.BooleanField(default=False, db_default=False)
    high_priority = models.BooleanField(default=False)
    next_try_at = models.DateTimeField(db_default=Now())
    lease_until = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    fcm_name = models.TextField(blank=True)
    error = models.TextField(blank=True)
    summary_day = models.DateField(null=True)
    told_revision = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    settled_at = models.DateTimeField(null=True)

    objects = PushQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "pushes"
        constraints = [
            models.UniqueConstraint(fields=["notification", "device"], name="notifications_push_once"),
            models.UniqueConstraint(
                fields=["reminder", "device"],
                name="notifications_push_reminded_once",
                condition=models.Q(reminder__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["device"],
                name="notifications_push_one_test",
                condition=models.Q(notification=None, reminder=None),
            ),
            models.CheckConstraint(
                condition=models.Q(notification=None) | models.Q(reminder=None),
                name="notifications_push_of_one",
            ),
        ]
        indexes = [
            models.Index(
                fields=["bulk", "-high_priority", "next_try_at"],
                name="notifications_push_due",
                condition=models.Q(status="pending"),
            ),
            models.Index(
                fields=["high_priority", "settled_at"],
                name="notifications_push_sent",
                condition=models.Q(status="sent"),
            ),
            models.Index(
                fields=["device", "summary_day"],
                name="notifications_push_summary",
                condition=models.Q(summary_day__isnull=False),
            ),
            models.Index(
                fields=["reminder"],
                name="notifications_push_not_rung",
                condition=models.Q(reminder__isnull=False, status__in=["cancelled", "expired"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} to {self.device_id}"

    @property
    def user(self) -> User:
        """Whom it is for."""
        if self.notification_id:
            return self.notification.user
        return self.reminder.user if self.reminder else self.device.user
