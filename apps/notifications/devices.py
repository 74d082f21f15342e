"""Registering and retiring devices. The caller opens the transaction."""

import hashlib
import uuid
from datetime import datetime

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Now

from apps.notifications.models import Device
from apps.notifications.models.device import address_digest
from apps.notifications.trials import forget_tests
from apps.users.models import User

MOST_DEVICES = 20
SIGNED_OUT = "signed out"
REMOVED = "removed by its user"
CROWDED_OUT = f"the user has {MOST_DEVICES} that were seen later"
REPLACED = "the same sign-in has another address"


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
    """The device with this address, now the caller's, and whether it is new. It may have been another's, or retired.

    A sign-in is on one phone, so an address that is new to us renews the one its session had, and what waits for the phone goes to the new
    one. A user has at most MOST_DEVICES: those seen longest ago give way.
    """
    digest = address_digest(address)
    now = _take_turns(f"user {user.pk}", f"address {digest}")
    known = _known(user, session, digest)
    device = known.get(digest) or next(
        (each for each in known.values() if session and each.session == session), None
    )
    created = device is None
    if device is None:
        device = Device(created_at=now)
    _retire_others([each for each in known.values() if each is not device], user, session)
    written = {
        "user": user,
        "session": session,
        "kind": kind,
        "platform": platform,
        "app_version": app_version,
        "language": language,
        "time_zone": time_zone,
        "registered_at": now,
        "retired_at": None,
        "retired_why": "",
    }
    if device.digest != digest:
        # Never set to what they are: that would lock the row against the pushes that are being made for it.
        written |= {"address": address, "digest": digest}
    if not created and device.user_id != user.pk:
        forget_tests(device=device)
    for name, value in written.items():
        setattr(device, name, value)
    if created:
        device.save(force_insert=True)
    else:
        device.save(update_fields=written)
    return device, created


def retire_session_devices(*, session: uuid.UUID) -> None:
    Device.objects.active().filter(session=session).update(retired_at=Now(), retired_why=SIGNED_OUT)


def retire_devices_of(*, user: User) -> None:
    Device.objects.active().filter(user=user).update(retired_at=Now(), retired_why=SIGNED_OUT)


def retire_device(*, device: Device) -> None:
    Device.objects.active().filter(pk=device.pk).update(retired_at=Now(), retired_why=REMOVED)


def _take_turns(*subjects: str) -> datetime:
    """Wait until no other transaction registers one of these. Returns the database's time before the wait."""
    # In one order everywhere, so that no two wait for each other.
    keys = sorted(
        int.from_bytes(hashlib.sha256(subject.encode()).digest()[:8], "big", signed=True)
        for subject in subjects
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(key), statement_timestamp() FROM unnest(%s::bigint[]) AS key",
            [keys],
        )
        now: datetime = cursor.fetchall()[0][1]
    return now


def _known(user: User, session: uuid.UUID | None, digest: str) -> dict[str, Device]:
    """What this registration may touch, by digest: the one with the address, those of the session, the user's active ones, last seen first."""
    touched = Q(digest=digest) | Q(user=user, retired_at=None)
    if session:
        touched |= Q(user=user, session=session)
    found = Device.objects.filter(touched).order_by("pk").select_for_update(no_key=True)
    return {each.digest: each for each in sorted(found, key=lambda each: each.registered_at, reverse=True)}


def _retire_others(others: list[Device], user: User, session: uuid.UUID | None) -> None:
    active = [each for each in others if each.user_id == user.pk and not each.retired_at]
    replaced = [each.pk for each in active if session and each.session == session]
    left = [each.pk for each in active if each.pk not in replaced]
    for ids, why in ((replaced, REPLACED), (left[MOST_DEVICES - 1 :], CROWDED_OUT)):
        if ids:
            Device.objects.filter(pk__in=ids).update(retired_at=Now(), retired_why=why)
