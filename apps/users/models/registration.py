from datetime import datetime, timedelta
from typing import Self

from django.db import models

from apps.users.validators import validate_language, validate_time_zone

_BUT_THE_ADDRESS = [
    "password",
    "first_name",
    "last_name",
    "language",
    "time_zone",
    "fingerprint",
    "created_at",
    "expires_at",
]


class RegistrationQuerySet(models.QuerySet["Registration"]):
    def open(self, *, fingerprint: str, now: datetime) -> Self:
        return self.filter(fingerprint=fingerprint, expires_at__gt=now)

    def start_over(self, registration: "Registration") -> None:
        """Whoever registers an address last is the one whose key and password count; the keys mailed before are void."""
        self.bulk_create(
            [registration], update_conflicts=True, unique_fields=["email"], update_fields=_BUT_THE_ADDRESS
        )

    def stale(self, now: datetime) -> Self:
        return self.filter(created_at__lt=now - Registration.KEPT)


class Registration(models.Model):
    """What somebody wants an account to be who has not shown yet that the address is theirs. It is no account, so nobody holds an address.

    `password` is a hash, as in User; `fingerprint` one of the mailed key. The key is good until `expires_at`.
    """

    KEY_LIFETIME = timedelta(days=3)
    KEPT = timedelta(days=14)

    email = models.EmailField("e-mail address", primary_key=True)
    password = models.CharField(max_length=128)
    first_name = models.CharField(max_length=150, blank=True)
    last_name = models.CharField(max_length=150, blank=True)
    language = models.CharField(max_length=8, validators=[validate_language])
    time_zone = models.CharField(max_length=64, validators=[validate_time_zone])
    fingerprint = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(db_index=True)
    expires_at = models.DateTimeField()

    objects = RegistrationQuerySet.as_manager()

    def __str__(self) -> str:
        return self.email
