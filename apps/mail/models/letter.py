import uuid
from email.utils import parseaddr

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Letter(models.Model):
    """One e-mail to one address: a row of the outbox.

    A worker owns a pending row until `lease_until`; what it does not settle by then belongs to the next one. Once it is settled the
    words are gone, since they may hold keys; the subject stays for staff to see. A `bulk` one waits for all that are not.
    """

    class Status(models.TextChoices):
        PENDING = "pending"
        SENT = "sent"
        DEAD = "dead"
        EXPIRED = "expired"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=200, null=True, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="letters")
    address = models.CharField("to", max_length=320)
    subject = models.CharField(max_length=250)
    text = models.TextField()
    html = models.TextField(blank=True)
    headers = models.JSONField(default=dict)
    bulk = models.BooleanField(default=False)
    status = models.CharField(
        max_length=16, choices=Status, default=Status.PENDING, db_default=Status.PENDING
    )
    attempts = models.PositiveIntegerField(default=0, db_default=0)
    next_try_at = models.DateTimeField(db_default=Now())
    lease_until = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    error = models.TextField(blank=True, db_default="")
    created_at = models.DateTimeField(db_default=Now())
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["bulk", "next_try_at"], name="mail_letter_due", condition=models.Q(status="pending")
            ),
            models.Index(
                fields=["expires_at"], name="mail_letter_expiring", condition=models.Q(status="pending")
            ),
            models.Index(
                fields=["settled_at"],
                name="mail_letter_settled",
                condition=models.Q(settled_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} to {self.address}"

    @property
    def message_id(self) -> str:
        """The same at every try, so that one which a crash repeats is known for what it is."""
        domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
        return f"<{self.pk.hex}@{domain}>"
