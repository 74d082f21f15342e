from typing import Any

from django.db import transaction

from apps.notifications.devices import register_device
from apps.notifications.models import Device
from apps.users.models import User


def make_device(user: User, address: str, **facts: Any) -> Device:
    told = {"session": None, "kind": "token", "platform": "android", **facts}
    with transaction.atomic():
        device, _ = register_device(**told, user=user, address=address)
    return device
