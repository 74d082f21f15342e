"""Registering and retiring devices."""

import uuid

from django.db.models.functions import Now

from apps.notifications.models import Device
from apps.notifications.models.device import address_digest
from apps.users.models import User

SIGNED_OUT = "signed out"
REMOVED = "removed by its user"


def register_device(
    *,
    user: User,
    session: uuid.UUID | None,
    kind: str,
    address: str,
    platform: str,
    app_version: str = "",
    language: str = "",
    time_zone: str = "",
) -> tuple[Device, bool]:
    """The device with this address, now the caller's, and whether it is new. It may have been another's, or retired."""
    facts = {
        "user": user,
        "session": session,
        "kind": kind,
        "platform": platform,
        "app_version": app_version,
        "language": language,
        "time_zone": time_zone,
        "registered_at": Now(),
        "retired_at": None,
        "retired_why": "",
    }
    device, created = Device.objects.update_or_create(
        digest=address_digest(address), defaults=facts, create_defaults={**facts, "address": address}
    )
    device.refresh_from_db()
    return device, created


def retire_session_devices(*, session: uuid.UUID) -> None:
    Device.objects.active().filter(session=session).update(retired_at=Now(), retired_why=SIGNED_OUT)


def retire_device(*, device: Device) -> None:
    Device.objects.active().filter(pk=device.pk).update(retired_at=Now(), retired_why=REMOVED)
