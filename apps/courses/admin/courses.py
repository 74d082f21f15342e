from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from apps.core.folding import fold
from apps.courses.admin.forms import CourseForm
from apps.courses.admin.overriding import OverriddenFilter, OverridingAdmin
from apps.courses.admin.parts import EntryInline, ExamInline
from apps.courses.models import Course


@admin.register(Course)
class CourseAdmin(OverridingAdmin):
    form = CourseForm
    list_display = [
        "code",
        "title",
        "term",
        "department",
        "level",
        "year",
        "taught_by",
        "state",
        "overridden",
    ]
    list_display_links = ["code", "title"]
    list_filter = ["term", "visible", OverriddenFilter, "department", "level", "year", "language", "source"]
    list_select_related = ["term"]
    search_fields = ["search_text"]
    search_help_text = "Code, title, teacher or room; accents, case and script do not matter."
    ordering = ["code", "id"]
    inlines = [EntryInline, ExamInline]
    ledger_of = "course"
    readonly_fields = ["term", "state", "source", "external_id", "guard", "revision"]
    fieldsets = [
        (None, {"fields": ["code", "title", "description", "teachers", "translations"]}),
        ("Studies", {"fields": ["department", "level", "year", "credits", "language", "url"]}),
        ("Override", {"fields": ["expires_at"]}),
        ("Source", {"fields": ["term", "state", "source", "external_id", "guard", "revision"]}),
    ]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        words = Q()
        for word in fold(search_term).split():
            words &= Q(search_text__contains=word)
        return queryset.filter(words), False

    @admin.display(description="teachers")
    def taught_by(self, course: Course) -> str:
        return ", ".join(course.teachers)

    @admin.display
    def state(self, course: Course) -> str:
        if course.tombstone:
            return "deleted by its source"
        return "not in the newest snapshot" if course.hidden else "served"
