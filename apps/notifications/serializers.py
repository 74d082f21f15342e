from typing import Any

from django.conf import settings
from django.core.validators import RegexValidator
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.core import fields
from apps.notifications.languages import catalogue
from apps.notifications.messages import Text, message
from apps.notifications.models import Device, Notification, Push
from apps.notifications.net_change import NetChange


class DeviceRequestSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=Device.Kind.choices)
    address = fields.Text(
        validators=[RegexValidator(r"^[!-~]{1,4096}\Z", "Must be 1 to 4096 printable ASCII characters.")],
        trim_whitespace=False,
        write_only=True,
        help_text="The FCM registration token (kind token) or Firebase installation id (kind fid).",
    )
    platform = serializers.ChoiceField(choices=Device.Platform.choices)
    app_version = fields.Text(max_length=64, required=False, allow_blank=True)
    language = fields.Text(max_length=35, required=False, allow_blank=True)
    time_zone = fields.Text(max_length=64, required=False, allow_blank=True)


class DeviceSerializer(serializers.ModelSerializer[Device]):
    class Meta:
        model = Device
        fields = [
            "id",
            "kind",
            "platform",
            "app_version",
            "language",
            "time_zone",
            "created_at",
            "registered_at",
        ]
        extra_kwargs = {"registered_at": {"help_text": "When the app last said that this is the user's."}}


class DeviceTestSerializer(serializers.Serializer[Push]):
    status = serializers.ChoiceField(
        choices=[each for each in Push.Status.choices if each[0] != Push.Status.HELD],
        read_only=True,
        help_text="pending: not sent yet, or to be tried again; sent: FCM has taken it; retired: FCM knows no such phone any more; cancelled: the"
        " phone was signed out; dead: FCM refused the message; expired: it could not be sent within five minutes.",
    )
    asked_at = serializers.DateTimeField(source="created_at", read_only=True)
    settled_at = serializers.DateTimeField(
        allow_null=True, read_only=True, help_text="Null while it is pending."
    )


class ListedDeviceSerializer(DeviceSerializer):
    last_test = serializers.SerializerMethodField(help_text="The last test push, null if there was none.")

    class Meta(DeviceSerializer.Meta):
        fields = [*DeviceSerializer.Meta.fields, "last_test"]

    @extend_schema_field(DeviceTestSerializer(allow_null=True))
    def get_last_test(self, device: Device) -> Any:
        """The view has fetched them."""
        return next((DeviceTestSerializer(test).data for test in device.tests), None)  # type: ignore[attr-defined]  # prefetched


class NotificationChangeSerializer(serializers.Serializer[Any]):
    """One field of one object; the empty field is the whole object, null before it came or after it left."""

    object = serializers.ChoiceField(choices=["term", "course", "entry", "exam"])
    id = serializers.UUIDField()
    course = serializers.UUIDField(allow_null=True)
    field = serializers.CharField(allow_blank=True)
    old = serializers.JSONField(allow_null=True)
    new = serializers.JSONField(allow_null=True)
    dates = serializers.ListField(child=serializers.DateField(), help_text="The days it touches.")


class NotificationSerializer(serializers.ModelSerializer[Notification]):
    title = serializers.SerializerMethodField()
    body = serializers.SerializerMethodField()
    changes = NotificationChangeSerializer(many=True)
    why = serializers.SerializerMethodField(help_text="Why it rang, or did not.")
    revision = serializers.IntegerField(
        source="change_set_id", allow_null=True, help_text="The catalogue's; null for an announcement."
    )

    class Meta:
        model = Notification
        fields = [
            "id",
            "category",
            "kind",
            "title",
            "body",
            "course",
            "deep_link",
            "changes",
            "why",
            "revision",
            "created_at",
            "read_at",
        ]
        read_only_fields = fields

    def get_title(self, notification: Notification) -> str:
        return self._text(notification).title

    def get_body(self, notification: Notification) -> str:
        return self._text(notification).body

    @extend_schema_field(serializers.CharField)
    def get_why(self, notification: Notification) -> str:
        words, announcement = catalogue(self._language()), notification.announcement
        if announcement and announcement.withdrawn:
            return words.why[Notification.Why.WITHDRAWN]
        if announcement and notification.why == Notification.Why.RANG:
            return words.announced[announcement.audience]
        return words.why[notification.why]

    def _text(self, notification: Notification) -> Text:
        """As it was news on the day it was made."""
        return message(
            notification,
            [NetChange.from_json(stored) for stored in notification.changes],
            language=self._language(),
            today=notification.created_at.date(),
        )

    def _language(self) -> str:
        return str(self.context.get("language") or settings.LANGUAGE_CODE)


class UnreadQuerySerializer(serializers.Serializer[Any]):
    unread = serializers.BooleanField(
        required=False, help_text="true for those not read yet, false for those read."
    )


class SummarySerializer(serializers.Serializer[Any]):
    unread = serializers.IntegerField(min_value=0)
