from django.contrib import admin

from apps.core.admin import ReadOnlyAdmin
from apps.courses.models import Enrolment


@admin.register(Enrolment)
class EnrolmentAdmin(ReadOnlyAdmin):
    """To look at: whom to follow is for the students themselves to say."""

    list_display = ["user", "course", "term", "group", "created_at"]
    list_filter = ["term", "created_at"]
    list_select_related = ["user", "course", "term"]
    search_fields = ["user__email", "course__code", "group"]
    search_help_text = "E-mail address, code of a course, or group."
    ordering = ["-created_at"]
