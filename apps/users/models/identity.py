import uuid

from django.db import models
from django.utils import timezone

from apps.users.models.user import User


class Identity(models.Model):
    """Who an issuer says a user is. `subject` is the issuer's own name for the person, which never changes, as an e-mail address may.

    `email` is what the issuer said when the two were brought together, kept for whoever asks why they were.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="identities", db_index=False)
    provider = models.CharField(max_length=64)
    issuer = models.CharField(max_length=255)
    subject = models.CharField(max_length=255)
    email = models.EmailField("e-mail address")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["created_at"]
        verbose_name_plural = "identities"
        constraints = [
            models.UniqueConstraint("issuer", "subject", name="users_identity_issuer_subject"),
            models.UniqueConstraint("user", "issuer", name="users_identity_user_issuer"),
        ]

    def __str__(self) -> str:
        return f"{self.email} at {self.provider}"
