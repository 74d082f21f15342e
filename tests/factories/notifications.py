from typing import Any

from apps.notifications.devices import register_device
from apps.notifications.models import Device
from apps.users.models import User


def make_device(user: User, address: str, **facts: Any) -> Device:
    device, _ = register_device(
        **{"session": None, "kind": "token", "platform": "android", **facts, "user": user, "address": address}
    )
    return device
