"""A change set on its way to people, and how far it has come."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest

from apps.courses.admin.ledger import ledger_table
from apps.notifications.acknowledgement import Acknowledgement
from apps.notifications.admin.pausing import PhonesAdmin
from apps.notifications.models import FanOut, Notification, Push

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
    change_form_outer_before_template = "notifications/admin/reach.html"  # type: ignore[assignment]  # unfold types its empty default
    change_form_outer_after_template = "courses/admin/ledger.html"  # type: ignore[assignment]  # unfold types its empty default

    def get_queryset(self, request: HttpRequest) -> QuerySet[FanOut]:
        """Counted for the rows of the page alone."""
        queryset: QuerySet[FanOut] = super().get_queryset(request)
        messages = Notification.objects.filter(change_set=OuterRef("pk")).order_by().values("change_set")
        pushes = (
            Push.objects.filter(notification__change_set=OuterRef("pk"))
            .order_by()
            .values("notification__change_set")
        )
        return queryset.annotate(
            phones_rung=_count(pushes.filter(status=Status.SENT)),
            phones=_count(pushes),
            people_read=_count(messages.exclude(read_at=None)),
        )

    @admin.display(description="phones rung")
    def rang(self, fan_out: Any) -> str:
        return f"{fan_out.phones_rung:,} of {fan_out.phones:,}"

    @admin.display(description="read")
    def read(self, fan_out: Any) -> str:
        return f"{fan_out.people_read:,}"

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        fan_out = self.get_object(request, str(object_id))
        context = dict(extra_context or {})
        if fan_out is not None and self.has_view_permission(request, fan_out):
            revision = fan_out.change_set_id
            context |= {
                "reach": _reach(Acknowledgement.of(revision)),
                "ledger": lambda: ledger_table("change_set", revision),
            }
        return super().changeform_view(request, object_id, form_url, context)


def _count(rows: QuerySet[Any]) -> Coalesce:
    return Coalesce(
        Subquery(rows.annotate(number=Count("pk")).values("number"), output_field=IntegerField()), 0
    )


def _reach(found: Acknowledgement) -> dict[str, Any]:
    """The figures, and two bars of which each part is `(words, count, per cent, class)`."""
    phones = [
        ("rung: FCM has taken it", found.pushed(Status.SENT), "bg-green-500"),
        ("waiting", found.pushed(Status.PENDING, Status.HELD), "bg-blue-400"),
        ("no longer to be rung", found.pushed(Status.CANCELLED), "bg-base-400"),
        ("app gone", found.pushed(Status.RETIRED), "bg-orange-300"),
        ("too late", found.pushed(Status.EXPIRED), "bg-orange-500"),
        ("refused", found.pushed(Status.DEAD), "bg-red-500"),
    ]
    people = [
        ("have read it", found.read, "bg-green-500"),
        ("have not", found.people - found.read, "bg-base-400"),
    ]
    return {
        "figures": [
            ("People concerned", found.people),
            ("Their phones", found.phones),
            ("Delivered to FCM", found.pushed(Status.SENT)),
            ("Could not be rung", found.pushed(Status.RETIRED, Status.EXPIRED, Status.DEAD)),
            ("Read in the app", found.read),
        ],
        "bars": [("Phones", _parts(phones)), ("People", _parts(people))],
    }


def _parts(counts: list[tuple[str, int, str]]) -> list[tuple[str, int, str, str]]:
    whole = sum(count for _, count, _ in counts)
    return [(words, count, f"{100 * count / whole:.2f}", colour) for words, count, colour in counts if count]
