"""Pushes as the push lane sees them: plain values, as they come from the cursor.

They are read by the thousand and looked at many times each. Model objects, with their descriptors, took a third of the CPU of a push.
"""

import dataclasses
import functools
import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple, TypeVar

from django.db import connection
from psycopg.types.datetime import TimestamptzLoader

from apps.core.arrays import written
from apps.notifications.models import Announcement, Reminder

M = TypeVar("M", Announcement, Reminder)


class Person(NamedTuple):
    pk: uuid.UUID
    is_active: bool
    language: str
    time_zone: str


class Phone(NamedTuple):
    pk: uuid.UUID
    user_id: uuid.UUID
    session: uuid.UUID | None
    kind: str
    address: str
    platform: str
    retired_at: datetime | None
    retired_why: str


class Told(NamedTuple):
    """What of a notification is told, or decides whether it is."""

    pk: str
    user_id: uuid.UUID
    change_set_id: int | None
    announcement_id: uuid.UUID | None
    category: str
    kind: str
    course_id: uuid.UUID | None
    deep_link: str
    starts_at: datetime | None
    params: dict[str, Any]
    changes: list[dict[str, Any]]


@dataclasses.dataclass(slots=True)
class Claimed:
    """`user` is whom it is for. `notification` holds nothing when it is a test or a reminder: whoever asks what a push tells has set those
    apart first.
    """

    user: Person
    device: Phone
    notification: Told
    announcement: Announcement | None
    reminder: Reminder | None
    pk: int
    notification_id: str | None
    status: str
    bulk: bool
    high_priority: bool
    expires_at: datetime
    attempts: int
    summary_day: date | None
    told_revision: int | None

    @property
    def is_test(self) -> bool:
        return self.notification_id is None and self.reminder is None


# What they refer to is looked up. Merely joined, twenty thousand of each would be read from end to end for every thousand pushes: 17 us a push
# of PostgreSQL's CPU, not 11.
_READ = """
    SELECT person.id, person.is_active, person.language, person.time_zone,
           device.id, device.user_id, device.session, device.kind, device.address, device.platform, device.retired_at, device.retired_why,
           told.id::text, told.user_id, told.revision, told.announcement_id, told.category, told.kind, told.course_id, told.deep_link,
           told.starts_at, coalesce(told.params::text, '{}'), coalesce(told.changes::text, '[]'),
           push.reminder_id,
           push.id, push.notification_id::text, push.status, push.bulk, push.high_priority, push.expires_at, push.attempts, push.summary_day,
           push.told_revision
    FROM notifications_push AS push
    CROSS JOIN LATERAL (SELECT * FROM notifications_device WHERE id = push.device_id LIMIT 1) AS device
    LEFT JOIN LATERAL (SELECT * FROM notifications_notification WHERE id = push.notification_id LIMIT 1) AS told ON true
    LEFT JOIN LATERAL (SELECT * FROM notifications_reminder WHERE id = push.reminder_id LIMIT 1) AS reminder ON true
    CROSS JOIN LATERAL (
        SELECT * FROM users_user WHERE id = coalesce(told.user_id, reminder.user_id, device.user_id) LIMIT 1
    ) AS person
"""
_PERSON, _DEVICE, _TOLD, _TEXTS = slice(0, 4), slice(4, 12), slice(12, 21), slice(21, 23)
_ANNOUNCEMENT, _REMINDER, _PUSH = 15, 23, slice(24, None)
_TO_SEND = f"""
    {_READ} WHERE push.id = ANY (%(pushes)s::bigint[])
    ORDER BY push.bulk, push.high_priority DESC, told.revision, push.id
"""
_OF_CHANGES = f"""
    {_READ} WHERE push.device_id = ANY (%(devices)s::uuid[]) AND push.created_at >= %(since)s
      AND told.revision IS NOT NULL AND told.user_id = device.user_id
"""


def to_send(pushes: Iterable[int]) -> list[Claimed]:
    """In the order they are sent in. One whose announcement or reminder is deleted meanwhile, and itself with it, is not among them."""
    return _read(_TO_SEND, {"pushes": written(pushes)})


def of_changes(devices: Iterable[uuid.UUID], *, since: datetime) -> list[Claimed]:
    """All that told, or are to tell, the users whom these devices belong to today of changes."""
    return _read(_OF_CHANGES, {"devices": written(devices), "since": since})


def _read(statement: str, values: Mapping[str, str | datetime]) -> list[Claimed]:
    with connection.cursor() as cursor:
        # Psycopg's, which is written in C: Django's takes as long for a moment as all else of a row.
        cursor.adapters.register_loader("timestamptz", TimestamptzLoader)
        cursor.execute(statement, values)
        rows = cursor.fetchall()
    announcements = _by_id(Announcement, {row[_ANNOUNCEMENT] for row in rows})
    reminders = _by_id(Reminder, {row[_REMINDER] for row in rows})
    # Many tell of the same changes.
    parsed = functools.cache(json.loads)
    return [
        Claimed(
            Person(*row[_PERSON]),
            Phone(*row[_DEVICE]),
            Told(*row[_TOLD], *map(parsed, row[_TEXTS])),
            announcements[row[_ANNOUNCEMENT]],
            reminders[row[_REMINDER]],
            *row[_PUSH],
        )
        for row in rows
        if row[_ANNOUNCEMENT] in announcements and row[_REMINDER] in reminders
    ]


def _by_id(model: type[M], ids: set[uuid.UUID | None]) -> dict[uuid.UUID | None, M | None]:
    """With none for those that have none."""
    asked = ids - {None}
    return {None: None, **(model.objects.in_bulk(asked) if asked else {})}
