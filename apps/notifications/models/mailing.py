from django.db import models
from django.db.models.functions import Now

from apps.notifications.models.notification import Notification


class Mailing(models.Model):
    """A notification that is to be told by e-mail too: once, for whichever reason came first.

    It waits to be looked at a last time and posted as a letter, see mailing.py; a held one waits for staff. `told_revision` is the catalogue's
    revision the letter speaks of, `why` tells why there was none.
    """

    class Reason(models.TextChoices):
        CHOSEN = "chosen", "the user wants e-mail of this category"
        UNREAD = "unread", "an exam changed, and the user has not read of it"

    class Status(models.TextChoices):
        PENDING = "pending"
        HELD = "held"
        POSTED = "posted"
        CANCELLED = "cancelled"

    # Reasons for no letter that pushes do not know.
    READ = "read"
    UNWANTED = "email-off"

    notification = models.OneToOneField(
        Notification, models.CASCADE, primary_key=True, related_name="mailing"
    )
    reason = models.CharField(max_length=16, choices=Reason)
    status = models.CharField(max_length=16, choices=Status, default=Status.PENDING)
    bulk = models.BooleanField(default=False)
    told_revision = models.BigIntegerField(null=True)
    why = models.CharField(max_length=16, blank=True, db_default="")
    created_at = models.DateTimeField(db_default=Now())
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["bulk", "created_at"],
                name="notifications_mailing_due",
                condition=models.Q(status="pending"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.status} e-mail of {self.notification_id}"

    @property
    def key(self) -> str:
        """Of its letter."""
        return self.key_of(self.notification_id)

    @staticmethod
    def key_of(notification: object) -> str:
        return f"notification:{notification}"
