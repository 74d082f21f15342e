from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from unfold.decorators import action, display

from apps.core.admin import ReadOnlyAdmin, as_code
from apps.courses.admin.ledger import ledger_table
from apps.courses.models import HeldDeletions
from apps.notifications.models import FanOut, Hold
from apps.webhooks.admin.shown import body_text
from apps.webhooks.models import Delivery


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """To look at, and to apply again; what a source sent is never edited."""

    list_display = [
        "webhook_id",
        "status_label",
        "type",
        "source",
        "received_at",
        "attempts",
        "revision",
        "outcome",
    ]
    list_filter = ["status", "type", "source", "silenced", "received_at"]
    search_fields = ["webhook_id", "public_id"]
    search_help_text = "Webhook id, or our id of the delivery."
    ordering = ["-id"]
    actions = ["apply_again", "set_aside"]
    actions_submit_line = ("apply_this_again",)  # type: ignore[assignment]  # unfold types its empty default
    change_form_outer_after_template = "courses/admin/ledger.html"  # type: ignore[assignment]  # unfold types its empty default
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "webhook_id",
                    "public_id",
                    "source",
                    "type",
                    "status_label",
                    "decisions",
                    "silenced",
                ]
            },
        ),
        ("Processing", {"fields": ["sent_at", "received_at", "processed_at", "attempts", "next_attempt_at"]}),
        ("Outcome", {"fields": ["revision", "outcome", "told", "conflicts", "error_text"]}),
        ("Body", {"fields": ["body_shown"]}),
    ]
    readonly_fields = ["status_label", "outcome", "conflicts", "error_text", "body_shown"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        """Bodies are large, and only the page of one delivery shows one."""
        queryset: QuerySet[Delivery] = super().get_queryset(request).defer("body")
        return queryset

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_view_permission(request, obj)) or self.has_replay_permission(request)

    def has_replay_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("webhooks.change_delivery"))

    @display(
        description="status",
        ordering="status",
        label={
            "processed": "success",
            "pending": "info",
            "dead": "danger",
            "quarantined": "warning",
            "held": "warning",
        },
    )
    def status_label(self, delivery: Delivery) -> str:
        return delivery.status

    @admin.display(description="result")
    def outcome(self, delivery: Delivery) -> str:
        return ", ".join(f"{name}: {value}" for name, value in delivery.result.items() if name != "deletions")

    @admin.display(description="for staff to decide")
    def decisions(self, delivery: Delivery) -> SafeString:
        """What of this delivery the brakes hold or held."""
        hides = HeldDeletions.objects.filter(delivery=delivery.public_id).select_related("snapshot__term")
        rings = Hold.objects.filter(fan_out__change_set__delivery=delivery.public_id)
        pages = [
            *(("admin:courses_helddeletions_change", held.pk, held, held.state) for held in hides),
            *(("admin:notifications_hold_change", hold.pk, hold, hold.state) for hold in rings),
        ]
        rows = ((reverse(name, args=[id]), line, state) for name, id, line, state in pages)
        return format_html_join(mark_safe("<br>"), '<a class="underline" href="{}">{}</a>: {}', rows)

    @admin.display(description="people told")
    def told(self, delivery: Delivery) -> SafeString | str:
        """Leads to how many phones that rang, and who has read it."""
        fan_outs = FanOut.objects.filter(change_set__delivery=delivery.public_id).order_by("pk")
        rows = (
            (reverse("admin:notifications_fanout_change", args=[each.pk]), each.concerned, each)
            for each in fan_outs
        )
        return (
            format_html_join(mark_safe("<br>"), '<a class="underline" href="{}">{}, of {}</a>', rows)
            or "nobody"
        )

    @admin.display(description="other bodies under this id")
    def conflicts(self, delivery: Delivery) -> str:
        return ", ".join(str(conflict) for conflict in delivery.conflicts.all())

    @admin.display(description="error")
    def error_text(self, delivery: Delivery) -> SafeString | str:
        return as_code(delivery.error) if delivery.error else ""

    @admin.display(description="body")
    def body_shown(self, delivery: Delivery) -> SafeString:
        return as_code(body_text(bytes(delivery.body)))

    @admin.action(description="Apply again", permissions=["replay"])
    def apply_again(self, request: HttpRequest, deliveries: QuerySet[Delivery]) -> None:
        replayed = [_replayed(delivery) for delivery in deliveries.only("pk")]
        self.message_user(request, f"Waiting to be applied again: {sum(replayed)}.", messages.SUCCESS)
        if refused := len(replayed) - sum(replayed):
            self.message_user(request, f"Quarantined, so not to be applied: {refused}.", messages.WARNING)

    @admin.action(description="Set aside", permissions=["replay"])
    def set_aside(self, request: HttpRequest, deliveries: QuerySet[Delivery]) -> None:
        chosen = deliveries.count()
        skipped = Delivery.objects.filter(pk__in=deliveries.values("pk")).skip()
        self.message_user(
            request, f"Set aside: {skipped}. To apply them after all: Apply again.", messages.SUCCESS
        )
        if refused := chosen - skipped:
            self.message_user(request, f"Applied already, or never to be: {refused}.", messages.WARNING)

    @action(description="Apply again")  # type: ignore[operator]  # unfold mistypes its decorator
    def apply_this_again(self, request: HttpRequest, delivery: Delivery) -> None:
        """Only the button, see changeform_view."""

    def get_actions_submit_line(self, request: HttpRequest, object_id: Any) -> Any:
        delivery = self.get_object(request, str(object_id))
        quarantined = delivery is None or delivery.status == Delivery.Status.QUARANTINED
        if quarantined or not self.has_replay_permission(request):
            return []
        return super().get_actions_submit_line(request, object_id)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        delivery = self.get_object(request, str(object_id))
        button = self.get_unfold_action("apply_this_again").action_name
        if request.method == "POST" and button in request.POST and delivery is not None:
            if not self.has_replay_permission(request):
                raise PermissionDenied
            self.apply_again(request, Delivery.objects.filter(pk=delivery.pk))
            return HttpResponseRedirect(request.get_full_path())
        made = delivery and delivery.public_id
        context = {**(extra_context or {}), "ledger": lambda: ledger_table("change_set__delivery", made)}
        return super().changeform_view(request, object_id, form_url, context)


def _replayed(delivery: Delivery) -> bool:
    try:
        delivery.replay()
    except Delivery.NotReplayable:
        return False
    return True
