from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import checks


@checks.register(deploy=True)
def phones_can_be_rung(**_: Any) -> list[checks.CheckMessage]:
    if settings.FCM_EMULATOR_HOST or settings.GOOGLE_APPLICATION_CREDENTIALS:
        return []
    return [
        checks.Warning(
            "No phone can be rung: pushes will wait until they expire.",
            hint="Set GOOGLE_APPLICATION_CREDENTIALS to the path of a Google credential.",
            id="notifications.W001",
        )
    ]


@checks.register
def what_rings_phones_is_named_well(**_: Any) -> list[checks.CheckMessage]:
    if settings.FCM_EMULATOR_HOST:
        return _emulator()
    if not settings.GOOGLE_APPLICATION_CREDENTIALS:
        return []
    if not Path(settings.GOOGLE_APPLICATION_CREDENTIALS).is_file():
        return [
            checks.Error(
                "GOOGLE_APPLICATION_CREDENTIALS names no file.",
                hint="It must be the path of a service account key or of another Google credential configuration.",
                id="notifications.E001",
            )
        ]
    return []


def _emulator() -> list[checks.CheckMessage]:
    host, _, port = settings.FCM_EMULATOR_HOST.rpartition(":")
    if host and "/" not in host and port.isascii() and port.isdecimal() and settings.FIREBASE_PROJECT_ID:
        return []
    return [
        checks.Error(
            "FCM_EMULATOR_HOST needs the form host:port, and FIREBASE_PROJECT_ID beside it.",
            hint="For example FCM_EMULATOR_HOST=127.0.0.1:9099 and FIREBASE_PROJECT_ID=demo-campanile.",
            id="notifications.E002",
        )
    ]
