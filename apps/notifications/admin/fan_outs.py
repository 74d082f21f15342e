"""A change set on its way to people, and how far it has come."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.safestring import SafeString
from unfold.decorators import action

from apps.core.admin import as_code
from apps.courses.admin.ledger import ledger_table
from apps.notifications.acknowledgement import Acknowledgement
from apps.notifications.admin.pausing import PhonesAdmin
from apps.notifications.admin.reaching import reached
from apps.notifications.models import FanOut, Notification, Push
from apps.notifications.outbox import retry

Status = Push.Status


@admin.register(FanOut)
class FanOutAdmin(PhonesAdmin):
    list_display = ["change_set", "due_at", "expanded_at", "concerned", "rang", "read", "attempts", "dead_at"]
    list_filter = [
        ("expanded_at", admin.EmptyFieldListFilter),
        ("dead_at", admin.EmptyFieldListFilter),
        "due_at",
    ]
    list_select_related = ["change_set"]
    ordering = ["-change_set"]
    fields = ["change_set", "due_at", "expanded_at", "concerned", "attempts", "dead_at", "error_text"]
    readonly_fields = ["error_text"]
    actions = ["try_again"]
    actions_submit_line = ("try_this_again",)  # type: ignore[assignment]  # unfold types its empty default
    change_form_outer_before_template = "notifications/admin/reach.html"  # type: ignore[assignment]  # unfold types its empty default
    change_form_outer_after_template = "courses/admin/ledger.html"  # type: ignore[assignment]  # unfold types its empty default

    def get_queryset(self, request: HttpRequest) -> QuerySet[FanOut]:
        """Counted for the rows of the page alone."""
        queryset: QuerySet[FanOut] = super().get_queryset(request)
        told = Notification.objects.filter(change_set=OuterRef("pk")).order_by().values("change_set")
        pushes = (
            Push.objects.filter(notification__change_set=OuterRef("pk"))
            .order_by()
            .values("notification__change_set")
        )
        return queryset.annotate(
            phones_rung=_count(pushes.filter(status=Status.SENT)),
            phones=_count(pushes),
            people_read=_count(told.exclude(read_at=None)),
        )

    @admin.display(description="phones rung")
    def rang(self, fan_out: Any) -> str:
        return f"{fan_out.phones_rung:,} of {fan_out.phones:,}"

    @admin.display(description="read")
    def read(self, fan_out: Any) -> str:
        return f"{fan_out.people_read:,}"

    @admin.display(description="error")
    def error_text(self, fan_out: FanOut) -> SafeString | str:
        return as_code(fan_out.error) if fan_out.error else ""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_view_permission(request, obj)) or self.has_retry_permission(request)

    def has_retry_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("notifications.change_fanout"))

    @admin.action(description="Try again", permissions=["retry"])
    def try_again(self, request: HttpRequest, fan_outs: QuerySet[FanOut]) -> None:
        tried = retry(FanOut.objects.filter(pk__in=[each.pk for each in fan_outs]))
        self.message_user(request, f"Waiting to be tried again: {tried}.", messages.SUCCESS)

    @action(description="Try again")  # type: ignore[operator]  # unfold mistypes its decorator
    def try_this_again(self, request: HttpRequest, fan_out: FanOut) -> None:
        """Only the button, see changeform_view."""

    def get_actions_submit_line(self, request: HttpRequest, object_id: Any) -> Any:
        fan_out = self.get_object(request, str(object_id))
        if fan_out is None or fan_out.dead_at is None or not self.has_retry_permission(request):
            return []
        return super().get_actions_submit_line(request, object_id)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        fan_out = self.get_object(request, str(object_id))
        button = self.get_unfold_action("try_this_again").action_name
        if request.method == "POST" and button in request.POST and fan_out is not None:
            if not self.has_retry_permission(request):
                raise PermissionDenied
            self.try_again(request, FanOut.objects.filter(pk=fan_out.pk))
            return HttpResponseRedirect(request.get_full_path())
        context = dict(extra_context or {})
        if fan_out is not None and self.has_view_permission(request, fan_out):
            revision = fan_out.change_set_id
            context |= {
                "reach": reached(Acknowledgement.of_change_set(revision)),
                "ledger": lambda: ledger_table("change_set", revision),
            }
        return super().changeform_view(request, object_id, form_url, context)


def _count(rows: QuerySet[Any]) -> Coalesce:
    return Coalesce(
        Subquery(rows.annotate(number=Count("pk")).values("number"), output_field=IntegerField()), 0
    )
