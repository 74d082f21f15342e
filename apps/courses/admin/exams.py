from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from apps.core.folding import fold
from apps.courses.admin.forms import ExamForm
from apps.courses.admin.overriding import OverriddenFilter, OverridingAdmin
from apps.courses.admin.wording import in_words
from apps.courses.models import Exam


@admin.register(Exam)
class ExamAdmin(OverridingAdmin):
    form = ExamForm
    list_display = ["course", "kind", "period", "sat", "overridden"]
    list_filter = ["kind", "course__term", OverriddenFilter, "period"]
    list_select_related = ["course"]
    search_fields = ["course__search_text"]
    search_help_text = "Course or teacher; accents, case and script do not matter."
    ordering = ["course__code", "course_id", "position"]
    readonly_fields = ["course", "external_id"]
    fieldsets = [
        (None, {"fields": ["course", "external_id", "kind", "period", "sittings", "note"]}),
        ("Override", {"fields": ["expires_at"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("course__term")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        words = Q()
        for word in fold(search_term).split():
            words &= Q(course__search_text__contains=word)
        return queryset.filter(words), False

    @admin.display(description="sittings")
    def sat(self, exam: Exam) -> str:
        return in_words("sittings", exam.sittings)
