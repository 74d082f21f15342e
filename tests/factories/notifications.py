from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.courses.models import Course, Enrolment
from apps.notifications.announcements import confirm
from apps.notifications.devices import register_device
from apps.notifications.models import Announcement, Device
from apps.notifications.models.device import address_digest
from apps.users.models import User


def make_device(user: User, address: str, **facts: Any) -> Device:
    told = {"session": None, "kind": "token", "platform": "android", **facts}
    with transaction.atomic():
        device, _ = register_device(**told, user=user, address=address)
    return device


def make_audience(course: Course, count: int) -> None:
    """So many followers at once, with a phone each: phone0, phone1 and so on."""
    users = User.objects.bulk_create(User(email=f"student{number}@campanile.test") for number in range(count))
    Enrolment.objects.bulk_create(Enrolment(user=user, course=course) for user in users)
    facts = {"kind": "token", "platform": "android"}
    Device.objects.bulk_create(
        Device(user=user, address=f"phone{number}", digest=address_digest(f"phone{number}"), **facts)
        for number, user in enumerate(users)
    )


def make_announcement(audience: str = "everyone", **fields: Any) -> Announcement:
    """A draft."""
    texts = {"en": {"title": "Library closed", "body": "From Monday to Wednesday."}}
    announcement = Announcement.objects.create(audience=audience, **{"texts": texts, **fields})
    announcement.refresh_from_db()
    return announcement


def announce(audience: str = "everyone", **fields: Any) -> Announcement:
    """One that is due, confirmed as staff confirm it."""
    announcement = make_announcement(audience, **fields)
    author, _ = User.objects.get_or_create(email="author@campanile.test", is_staff=True, is_active=False)
    confirm(announcement=announcement.pk, by=author, send_at=timezone.now(), seen=announcement.written_at)
    return announcement
