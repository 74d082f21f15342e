from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest

from apps.courses.admin.forms import TermForm
from apps.courses.admin.overriding import OverriddenFilter, OverridingAdmin
from apps.courses.models import Term


@admin.register(Term)
class TermAdmin(OverridingAdmin):
    form = TermForm
    list_display = ["__str__", "starts_on", "ends_on", "time_zone", "courses", "source", "overridden"]
    list_filter = ["source", OverriddenFilter]
    search_fields = ["name", "external_id"]
    ordering = ["-starts_on"]
    readonly_fields = ["source", "external_id", "guard", "revision"]
    fieldsets = [
        (None, {"fields": ["name", "starts_on", "ends_on", "time_zone"]}),
        ("Calendar", {"fields": ["periods", "day_overrides"]}),
        ("Override", {"fields": ["expires_at"]}),
        ("Source", {"fields": ["source", "external_id", "guard", "revision"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        queryset: QuerySet[Any] = (
            super().get_queryset(request).annotate(visible_courses=Count("courses", Q(courses__visible=True)))
        )
        return queryset

    @admin.display(ordering="visible_courses")
    def courses(self, term: Any) -> int:
        count: int = term.visible_courses
        return count
