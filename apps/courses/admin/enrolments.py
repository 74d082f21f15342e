from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from apps.courses.models import Enrolment


@admin.register(Enrolment)
class EnrolmentAdmin(ModelAdmin):
    """To look at: whom to follow is for the students themselves to say."""

    list_display = ["user", "course", "term", "group", "created_at"]
    list_filter = ["term", "created_at"]
    list_select_related = ["user", "course", "term"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["user__email", "course__code", "group"]
    search_help_text = "E-mail address, code of a course, or group."
    ordering = ["-created_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
