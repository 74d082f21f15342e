import uuid
from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Value

from apps.users.models.user import User


class SessionQuerySet(models.QuerySet["Session"]):
    def live(self, now: datetime) -> Self:
        """Those that still open doors. Only columns of the session's own row and a subquery on users, so that an UPDATE
        which waited for another one judges the row as that one left it.
        """
        active = User.objects.filter(pk=OuterRef("user"), is_active=True)
        used_since = Value(now, models.DateTimeField()) - Value(Session.LONGEST_PAUSE)
        return self.filter(Exists(active), revoked_at=None, expires_at__gt=now, last_used_at__gt=used_since)

    def granting(self, *, user: uuid.UUID, session: uuid.UUID, epoch: int) -> Self:
        """The one an access token with these claims was issued for, unless the user's epoch has moved on."""
        return self.filter(pk=session, user=user, user__epoch=epoch)


class Session(models.Model):
    """One signed-in device: a family of refresh tokens, of which only the newest is good.

    `fingerprint` is a hash of the newest refresh token's id, never the token; `generation` counts the refreshes;
    `last_used_at` is the moment of the sign-in or the last refresh. It ends by itself at `expires_at`, or when it is not used for long.
    """

    # As long as a phone that is not seen keeps ringing.
    LONGEST_PAUSE = timedelta(days=60)

    class Reason(models.TextChoices):
        SIGNED_OUT = "signed_out"
        REUSED = "reused", "a refresh token was used twice"
        DEACTIVATED = "deactivated"
        PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a reason, no password
        DELETION_REQUESTED = "deletion_requested"
        ENDED_BY_STAFF = "ended_by_staff"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="sessions")
    device_name = models.CharField(max_length=100, blank=True)
    generation = models.PositiveIntegerField(default=0)
    fingerprint = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_reason = models.CharField(max_length=32, choices=Reason, blank=True)

    objects = SessionQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.user_id} on {self.device_name or 'an unnamed device'}"
