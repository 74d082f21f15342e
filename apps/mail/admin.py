"""What staff may look at: what became of each letter, never what it says."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from apps.core.admin import ReadOnlyAdmin
from apps.mail.models import Letter, Outage


@admin.register(Letter)
class LetterAdmin(ReadOnlyAdmin):
    list_display = [
        "created_at",
        "address",
        "subject",
        "status_label",
        "attempts",
        "next_try",
        "settled_at",
        "error",
    ]
    list_filter = ["status", "bulk", "created_at"]
    search_fields = ["address", "subject"]
    ordering = ["-created_at"]
    fields = [
        "address",
        "user",
        "subject",
        "status_label",
        "attempts",
        "next_try",
        "error",
        "created_at",
        "settled_at",
        "expires_at",
        "message_id",
        "bulk",
    ]
    readonly_fields = ["status_label", "next_try", "message_id"]
    list_before_template = "mail/admin/outage.html"  # type: ignore[assignment]  # unfold types its empty default

    def get_queryset(self, request: HttpRequest) -> QuerySet[Letter]:
        letters: QuerySet[Letter] = super().get_queryset(request).defer("text", "html", "headers")
        return letters

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        context = {**(extra_context or {}), "outage": Outage.objects.lately().first()}
        return super().changelist_view(request, context)

    @display(
        description="status",
        ordering="status",
        label={"pending": "warning", "sent": "success", "dead": "danger", "expired": "danger"},
    )
    def status_label(self, letter: Letter) -> str:
        return letter.status

    @admin.display(description="next try", ordering="next_try_at")
    def next_try(self, letter: Letter) -> Any:
        return letter.next_try_at if letter.status == Letter.Status.PENDING else None
