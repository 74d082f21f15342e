from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from apps.core.folding import fold
from apps.courses.admin.forms import EntryForm
from apps.courses.admin.overriding import OverriddenFilter, OverridingAdmin
from apps.courses.admin.parts import hours
from apps.courses.models import Entry
from apps.courses.search import search_text, titles_of


@admin.register(Entry)
class EntryAdmin(OverridingAdmin):
    form = EntryForm
    list_display = ["course", "kind", "meets", "held_in", "taught_by", "for_groups", "overridden"]
    list_filter = ["kind", "weekday", "course__term", OverriddenFilter]
    list_select_related = ["course"]
    search_fields = ["course__search_text"]
    search_help_text = "Course, teacher or room; accents, case and script do not matter."
    ordering = ["course__code", "course_id", "position"]
    readonly_fields = ["course", "external_id"]
    fieldsets = [
        (None, {"fields": ["course", "external_id", "kind", "weekday", "starts_at", "ends_at"]}),
        ("Where and for whom", {"fields": ["rooms", "teachers", "groups", "online_url"]}),
        ("Which weeks", {"fields": ["weeks", "valid_from", "valid_until", "exceptions"]}),
        ("Override", {"fields": ["expires_at"]}),
    ]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """The course's text narrows; the entry's own decides, as a room of one entry is not that of the others."""
        words = fold(search_term).split()
        narrowed = Q()
        for word in words:
            narrowed &= Q(course__search_text__contains=word)
        found = queryset.filter(narrowed).select_related("course")
        return queryset.filter(pk__in=[e.pk for e in found if all(word in _text(e) for word in words)]), False

    @admin.display(description="when", ordering="weekday")
    def meets(self, entry: Entry) -> str:
        return hours(entry)

    @admin.display(description="rooms")
    def held_in(self, entry: Entry) -> str:
        return ", ".join(entry.rooms)

    @admin.display(description="teachers")
    def taught_by(self, entry: Entry) -> str:
        return ", ".join(entry.teachers)

    @admin.display(description="groups")
    def for_groups(self, entry: Entry) -> str:
        return ", ".join(entry.groups)


def _text(entry: Entry) -> str:
    course = entry.course
    return search_text(
        code=course.code,
        titles=titles_of(course.title, course.translations),
        others=[*course.teachers, *entry.teachers, *entry.rooms],
    )
