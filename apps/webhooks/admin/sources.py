from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Now
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from unfold.admin import ModelAdmin
from unfold.decorators import display

from apps.webhooks.admin.charts import chart
from apps.webhooks.models import Delivery, Source

DAY = timedelta(days=1)
WAITING = ("pending", "dead", "held", "quarantined")


@admin.register(Source)
class SourceAdmin(ModelAdmin):
    """Whether each course service is heard, and the switch that keeps its imports from ringing phones."""

    list_display = ["name", "state", "heard", "gap", "last_day", "pending", "dead", "held", "quarantined"]
    list_display_links = ["name"]
    ordering = ["name"]
    change_form_outer_after_template = "webhooks/admin/heard.html"  # type: ignore[assignment]  # unfold types its empty default
    fieldsets = [
        (None, {"fields": ["name", "silenced"]}),
        ("Heard", {"fields": ["state", "heard", "gap", "alarm", "waiting"]}),
    ]
    readonly_fields = ["name", "state", "heard", "gap", "alarm", "waiting"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        """A source that has never been heard is there too."""
        Source.objects.ensure(settings.WEBHOOK_SECRETS)
        queryset: QuerySet[Source] = super().get_queryset(request)
        of_source = Delivery.objects.filter(source=OuterRef("name"))
        counts = {status: _count(of_source.filter(status=status)) for status in WAITING}
        return queryset.annotate(last_day=_count(of_source.filter(received_at__gt=Now() - DAY)), **counts)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(
        description="state",
        label={
            "ok": "success",
            "quiet": "danger",
            "quiet, silenced": "danger",
            "silenced": "info",
            "never heard": "warning",
        },
    )
    def state(self, source: Source) -> str:
        if source.name not in settings.WEBHOOK_SECRETS:
            return "retired"
        silenced = ["silenced"] if source.silenced else []
        if source.quiet_since:
            return ", ".join(["quiet", *silenced])
        return "".join(silenced) or ("ok" if source.heard_at else "never heard")

    @admin.display(description="last heard")
    def heard(self, source: Source) -> str:
        return f"{_ago(source.heard_at)} ago" if source.heard_at else "never"

    @admin.display(description="usual gap")
    def gap(self, source: Source) -> str:
        if source.usual_gap is None:
            return "not known yet"
        return timesince(timezone.now() - source.usual_gap)

    @admin.display(description="alarm")
    def alarm(self, source: Source) -> str:
        if source.quiet_since:
            return f"since {source.quiet_since:%Y-%m-%d %H:%M} UTC: it has been silent for twice its usual gap, or more"
        if by := source.expected_by():
            return f"unless it is heard by {by:%Y-%m-%d %H:%M} UTC: twice its usual gap, an hour at least"
        return "none until there is enough to learn from: 10 deliveries over three weeks"

    @admin.display(description="to look at")
    def waiting(self, source: Source) -> SafeString | str:
        found = Delivery.objects.filter(source=source.name, status__in=WAITING)
        counts = sorted(found.values_list("status").annotate(Count("pk")))
        links = [_link(source, status, f"{number} {status}") for status, number in counts]
        return SafeString(", ".join(links)) if links else "nothing"

    @admin.display(description="last 24 hours", ordering="last_day")
    def last_day(self, source: Source) -> int:
        return int(source.last_day)  # type: ignore[attr-defined]  # annotated in get_queryset

    @admin.display(ordering="pending")
    def pending(self, source: Source) -> SafeString | int:
        return _linked_count(source, "pending")

    @admin.display(ordering="dead")
    def dead(self, source: Source) -> SafeString | int:
        return _linked_count(source, "dead")

    @admin.display(ordering="held")
    def held(self, source: Source) -> SafeString | int:
        return _linked_count(source, "held")

    @admin.display(ordering="quarantined")
    def quarantined(self, source: Source) -> SafeString | int:
        return _linked_count(source, "quarantined")

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        charts = {
            "charts": [
                ("Deliveries an hour, two days (UTC)", chart(object_id or "", step="hour", steps=48)),
                ("Deliveries a day, four weeks (UTC)", chart(object_id or "", step="day", steps=28)),
            ]
        }
        return super().changeform_view(request, object_id, form_url, {**(extra_context or {}), **charts})


def _count(deliveries: QuerySet[Delivery]) -> Coalesce:
    counted = deliveries.order_by().values("source").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _linked_count(source: Source, status: str) -> SafeString | int:
    """As get_queryset annotated it, leading to the deliveries."""
    number: int = getattr(source, status)
    return _link(source, status, str(number)) if number else 0


def _link(source: Source, status: str, text: str) -> SafeString:
    url = reverse("admin:webhooks_delivery_changelist")
    return format_html(
        '<a class="font-semibold underline" href="{}?source__exact={}&status__exact={}">{}</a>',
        url,
        source.name,
        status,
        text,
    )


def _ago(moment: datetime) -> str:
    return timesince(moment, depth=1)
