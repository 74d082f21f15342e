"""The document of /me/notification-preferences/. It takes what is meant and nothing else: no "yes" for true, no field it does not know."""

from typing import Any

from rest_framework import serializers

from apps.notifications.models import Notification, Preferences

MOST_MUTED = 500


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


class ChannelsSerializer(StrictSerializer):
    push = TrueOrFalse(help_text="Whether phones ring. Nothing rings that is not in the inbox.")
    inbox = TrueOrFalse(help_text="Whether there is a message at all.")


class CategoriesSerializer(StrictSerializer):
    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {category: ChannelsSerializer() for category in Notification.Category.values}


class PreferencesSerializer(StrictSerializer):
    categories = CategoriesSerializer()
    muted_courses = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=MOST_MUTED,
        help_text="Courses of which nothing is told, whichever rule follows them. A list that is sent replaces the one before.",
    )

    def to_representation(self, instance: Preferences) -> dict[str, Any]:
        return {
            "categories": {
                category: {
                    "push": category not in instance.push_off,
                    "inbox": category not in instance.inbox_off,
                }
                for category in Notification.Category.values
            },
            "muted_courses": [str(course) for course in instance.muted_courses],
        }
