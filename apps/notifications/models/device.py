import hashlib
import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


def address_digest(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()


class DeviceQuerySet(models.QuerySet["Device"]):
    def active(self) -> "DeviceQuerySet":
        return self.filter(retired_at=None)


class Device(models.Model):
    """An installation of the app that can be rung. `address` is what FCM calls a registration token or an installation id.

    Addresses reach 4 KiB, too long for an index of PostgreSQL, so the digest is what is unique. `registered_at` is the last time the
    app said "this is me", which it does at every start: when the phone was last seen, and a refusal by FCM that is older proves nothing.
    """

    class Kind(models.TextChoices):
        TOKEN = "token"  # noqa: S105  # a kind, no secret
        FID = "fid"

    class Platform(models.TextChoices):
        ANDROID = "android"
        IOS = "ios"
        WEB = "web"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="devices")
    session = models.UUIDField(null=True, db_index=True)
    kind = models.CharField(max_length=8, choices=Kind)
    address = models.TextField()
    digest = models.CharField(max_length=64, unique=True)
    platform = models.CharField(max_length=8, choices=Platform)
    app_version = models.CharField(max_length=64, blank=True)
    language = models.CharField(max_length=35, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    registered_at = models.DateTimeField(db_default=Now())
    retired_at = models.DateTimeField(null=True)
    retired_why = models.CharField(max_length=64, blank=True)

    objects = DeviceQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["user"], name="notifications_device_active", condition=models.Q(retired_at=None)
            ),
            models.Index(
                fields=["registered_at"],
                name="notifications_device_seen",
                condition=models.Q(retired_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.platform} …{self.address[-6:]}"
