"""What this app holds about a person."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from apps.core.personal_data import Json, PersonalData, Section
from apps.notifications.models import Device, Mailing, Notification, Preferences, Push, Reminder
from apps.notifications.serializers import NotificationSerializer


def _sections(user: UUID) -> Sequence[Section]:
    inbox = Notification.objects.filter(user=user).select_related("announcement", "user")
    return [
        Section(
            "devices",
            Device.objects.filter(user=user).order_by("created_at", "pk"),
            (
                "id",
                "kind",
                "platform",
                "app_version",
                "language",
                "time_zone",
                "session",
                "created_at",
                "registered_at",
                "retired_at",
                "retired_why",
            ),
        ),
        Section(
            "notifications",
            inbox.order_by("created_at", "pk"),
            (
                "id",
                "category",
                "kind",
                "course",
                "announcement",
                "changes",
                "deep_link",
                "why",
                "starts_at",
                "expires_at",
                "created_at",
                "read_at",
            ),
            more=_told,
        ),
        Section(
            "pushes",
            Push.objects.filter(device__user=user).order_by("pk"),
            ("notification", "reminder", "device", "status", "created_at", "settled_at"),
        ),
        Section(
            "notification_preferences",
            Preferences.objects.filter(user=user),
            (
                "push_off",
                "inbox_off",
                "email_on",
                "unread_exams_email",
                "muted_courses",
                "quiet_from",
                "quiet_to",
                "summary_hour",
                "reminder_minutes",
                "tomorrow_hour",
                "tomorrow_chosen_at",
            ),
            single=True,
        ),
        Section(
            "reminders",
            Reminder.objects.filter(user=user).order_by("created_at", "pk"),
            ("id", "kind", "subject", "begins_at", "day", "created_at"),
        ),
        Section(
            "told_by_email",
            Mailing.objects.filter(notification__user=user).order_by("created_at", "pk"),
            ("notification", "reason", "status", "why", "created_at", "settled_at"),
        ),
    ]


def _told(batch: Sequence[Any]) -> Iterable[Json]:
    """The texts as the app shows them."""
    language = batch[0].user.language
    return NotificationSerializer(batch, many=True, context={"language": language}).data


_SENDING = "how the sending goes about it: says nothing about the person"
_OFFICIAL = (
    "work of staff: part of the faculty's record, which keeps it without the name once the account is gone"
)

HELD = PersonalData(
    _sections,
    left_out={
        "notifications.Device.user": "the person",
        "notifications.Device.address": "what Google rings the phone by, never shown to anybody; the app has it from Google itself",
        "notifications.Device.digest": "a hash of the address",
        "notifications.Notification.user": "the person",
        "notifications.Notification.change_set": "told as revision",
        "notifications.Notification.params": "what the texts are made from",
        "notifications.Push.id": "a number of ours",
        **{
            f"notifications.Push.{name}": _SENDING
            for name in (
                "bulk",
                "high_priority",
                "next_try_at",
                "lease_until",
                "expires_at",
                "attempts",
                "fcm_name",
                "error",
                "summary_day",
                "told_revision",
            )
        },
        "notifications.Preferences.user": "the person",
        "notifications.Reminder.user": "the person",
        "notifications.Mailing.bulk": _SENDING,
        "notifications.Mailing.told_revision": _SENDING,
        "notifications.Announcement": _OFFICIAL,
        "notifications.Hold": _OFFICIAL,
    },
)
