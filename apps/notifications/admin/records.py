"""What staff may look at. Nothing here is edited: it follows from the ledger and from what phones and FCM say."""

from typing import Any

from django.contrib import admin
from django.db.models import CharField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat
from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.decorators import display

from apps.mail.models import Letter
from apps.notifications.admin.pausing import PhonesAdmin
from apps.notifications.models import Device, Mailing, Notification, Pause, Push, Reminder


@admin.register(Device)
class DeviceAdmin(PhonesAdmin):
    list_display = [
        "user",
        "platform",
        "kind",
        "ending",
        "app_version",
        "registered_at",
        "retired_at",
        "retired_why",
    ]
    list_filter = ["platform", "kind", ("retired_at", admin.EmptyFieldListFilter), "registered_at"]
    search_fields = ["user__email"]
    list_select_related = ["user"]
    ordering = ["-registered_at"]
    # Whoever has an address can be taken for the phone: only its end is shown.
    exclude = ["address", "digest"]
    readonly_fields = ["ending"]

    @admin.display(description="address")
    def ending(self, device: Device) -> str:
        return f"…{device.address[-6:]}"


class PushInline(TabularInline):
    model = Push
    fields = ["device", "status", "attempts", "settled_at", "fcm_name", "error"]
    readonly_fields = ["device", "status", "attempts", "settled_at", "fcm_name", "error"]
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Push]:
        pushes: QuerySet[Push] = super().get_queryset(request).select_related("device")
        return pushes


@admin.register(Notification)
class NotificationAdmin(PhonesAdmin):
    list_display = [
        "created_at",
        "user",
        "kind",
        "course",
        "change_set",
        "announcement",
        "why",
        "read_at",
        "email_label",
    ]
    list_filter = [
        "category",
        "kind",
        "why",
        ("read_at", admin.EmptyFieldListFilter),
        "mailing__status",
        "created_at",
    ]
    search_fields = ["user__email", "course__title", "course__code"]
    list_select_related = ["user", "course", "change_set", "announcement", "mailing"]
    ordering = ["-created_at"]
    inlines = [PushInline]
    readonly_fields = ["email_label", "email_told"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notification]:
        notifications: QuerySet[Notification] = super().get_queryset(request)
        key = Concat(Value(Mailing.key_of("")), Cast(OuterRef("pk"), CharField()))
        letters = Letter.objects.filter(key=key)
        return notifications.annotate(
            letter=Subquery(letters.values("status")[:1]), letter_error=Subquery(letters.values("error")[:1])
        )

    @display(
        description="e-mail",
        label={
            "sent": "success",
            "posted": "info",
            "pending": "warning",
            "held": "warning",
            "dead": "danger",
            "expired": "danger",
        },
    )
    def email_label(self, notification: Any) -> str | None:
        """What became of its letter; of one that was pruned since, that there was one."""
        mailing: Mailing | None = getattr(notification, "mailing", None)
        return (notification.letter or mailing.status) if mailing else None

    @admin.display(description="why an e-mail, or why not")
    def email_told(self, notification: Any) -> str | None:
        mailing: Mailing | None = getattr(notification, "mailing", None)
        if mailing is None:
            return None
        said = [mailing.get_reason_display(), mailing.why or notification.letter_error]
        return ": ".join(filter(None, said))


@admin.register(Reminder)
class ReminderAdmin(PhonesAdmin):
    list_display = ["begins_at", "user", "kind", "day", "became"]
    list_filter = ["kind", "begins_at"]
    search_fields = ["user__email"]
    list_select_related = ["user"]
    ordering = ["-begins_at"]
    inlines = [PushInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reminder]:
        reminders: QuerySet[Reminder] = super().get_queryset(request).prefetch_related("pushes")
        return reminders

    @admin.display(description="its pushes")
    def became(self, reminder: Reminder) -> str:
        return ", ".join(sorted({push.status for push in reminder.pushes.all()})) or "nothing to tell"


@admin.register(Push)
class PushAdmin(PhonesAdmin):
    list_display = [
        "id",
        "user",
        "device",
        "status",
        "high_priority",
        "attempts",
        "next_try_at",
        "settled_at",
        "error",
    ]
    list_filter = ["status", "high_priority", "device__platform", "created_at"]
    search_fields = ["notification__user__email", "fcm_name"]
    list_select_related = ["device__user", "notification__user", "reminder__user"]
    ordering = ["-id"]

    @admin.display(ordering="notification__user__email")
    def user(self, push: Push) -> str:
        return str(push.user)


@admin.register(Pause)
class PauseAdmin(PhonesAdmin):
    list_display = ["scope", "until", "why"]
    ordering = ["scope"]
