"""The document of /me/notification-preferences/. It takes what is meant and nothing else: no "yes" for true, no field it does not know."""

import re
from datetime import time
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.notifications.models import Notification, Preferences
from apps.notifications.reminding import CATEGORY as REMINDERS
from apps.notifications.reminding import FEWEST_MINUTES, MOST_MINUTES

MOST_MUTED = 500
_CLOCK = re.compile("([01][0-9]|2[0-3]):[0-5][0-9]")


class StrictSerializer(serializers.Serializer[Any]):
    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := data.keys() - self.fields.keys()):
            raise serializers.ValidationError({name: ["There is no such field."] for name in sorted(unknown)})
        return super().to_internal_value(data)


class TrueOrFalse(serializers.BooleanField):
    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


@extend_schema_field({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$", "example": "22:00"})
class ClockField(serializers.Field[time, str, str, time]):
    def to_internal_value(self, data: Any) -> time:
        if not isinstance(data, str) or not _CLOCK.fullmatch(data):
            raise serializers.ValidationError("Must be a time of day like 22:00.")
        return time.fromisoformat(data)


class WholeNumberField(serializers.IntegerField):
    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int:
            self.fail("invalid")
        return data


class ChannelsSerializer(StrictSerializer):
    push = TrueOrFalse(help_text="Whether phones ring. Nothing rings that is not in the inbox.")
    inbox = TrueOrFalse(help_text="Whether there is a message at all.")
    email = TrueOrFalse(help_text="Whether each message is also sent as a letter: off until set.")


class RemindersSerializer(StrictSerializer):
    push = TrueOrFalse(help_text="Whether reminders that were asked for ring. They are in no inbox.")


class CategoriesSerializer(StrictSerializer):
    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        messages = {category: ChannelsSerializer() for category in Notification.Category.values}
        return {**messages, REMINDERS: RemindersSerializer()}


class QuietHoursSerializer(StrictSerializer):
    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {"from": ClockField(), "to": ClockField()}

    def to_representation(self, instance: Preferences) -> dict[str, str]:
        return {"from": f"{instance.quiet_from:%H:%M}", "to": f"{instance.quiet_to:%H:%M}"}


class PreferencesSerializer(StrictSerializer):
    categories = CategoriesSerializer()
    muted_courses = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=MOST_MUTED,
        help_text="Courses of which nothing is told, whichever rule follows them. A list that is sent replaces the one before.",
    )
    quiet_hours = QuietHoursSerializer(
        allow_null=True,
        help_text="By the clock of the user's time zone; over midnight when they begin later than they end. A push waits until they are "
        "over, unless what it tells of begins before. null: none.",
    )
    daily_summary_hour = WholeNumberField(
        min_value=0,
        max_value=23,
        allow_null=True,
        help_text="By the same clock, outside the quiet hours: what does not begin within a day rings once a day, then. null: none.",
    )
    reminder_minutes = WholeNumberField(
        min_value=FEWEST_MINUTES,
        max_value=MOST_MINUTES,
        allow_null=True,
        help_text="So many minutes before each class and exam of the user's a push tells of it. null: none.",
    )
    tomorrow_summary_hour = WholeNumberField(
        min_value=0,
        max_value=23,
        allow_null=True,
        help_text="By the clock of the user's time zone, outside the quiet hours: a push tells of the classes and exams of the next day, if "
        "there are any. null: none.",
    )

    email_unread_exams = TrueOrFalse(
        help_text="Whether the change of an exam ahead that stays unread for hours is sent as a letter: on until set."
    )

    def to_representation(self, instance: Preferences) -> dict[str, Any]:
        messages = {
            category: {
                "push": category not in instance.push_off,
                "inbox": category not in instance.inbox_off,
                "email": category in instance.email_on,
            }
            for category in Notification.Category.values
        }
        return {
            "categories": {**messages, REMINDERS: {"push": REMINDERS not in instance.push_off}},
            "muted_courses": [str(course) for course in instance.muted_courses],
            "daily_summary_hour": instance.summary_hour,
            "reminder_minutes": instance.reminder_minutes,
            "tomorrow_summary_hour": instance.tomorrow_hour,
            "email_unread_exams": instance.unread_exams_email,
            "quiet_hours": None
            if instance.quiet_from is None
            else QuietHoursSerializer().to_representation(instance),
        }
