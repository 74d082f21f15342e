from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin

from apps.users.models import Session
from apps.users.sessions import end_sessions


@admin.register(Session)
class SessionAdmin(ModelAdmin):
    """To look at, and to end; never to edit."""

    fields = [
        "user",
        "device_name",
        "generation",
        "created_at",
        "last_used_at",
        "expires_at",
        "revoked_at",
        "revoked_reason",
    ]
    list_display = ["user", "device_name", "created_at", "last_used_at", "revoked_at", "revoked_reason"]
    list_filter = ["revoked_reason", "created_at", "last_used_at"]
    list_select_related = ["user"]
    search_fields = ["user__email", "device_name"]
    actions = ["end"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Session | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Session | None = None) -> bool:
        return False

    def has_end_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("users.change_session")

    @admin.action(description="End the selected sessions", permissions=["end"])
    def end(self, request: HttpRequest, sessions: QuerySet[Session]) -> None:
        chosen = Session.objects.filter(pk__in=sessions.values("pk"))
        with transaction.atomic():
            end_sessions(chosen, reason=Session.Reason.ENDED_BY_STAFF, now=timezone.now())
