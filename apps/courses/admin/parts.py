"""Entries and exams at the foot of their course's page, each with a link to its own."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import TabularInline

from apps.courses.admin.wording import WEEKDAYS, in_words
from apps.courses.models import Entry, Exam


class PartInline(TabularInline):
    hide_title = True
    extra = 0
    ordering = ["position"]
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        name = self.opts.model_name
        user: Any = request.user
        return any(user.has_perm(f"courses.{verb}_{name}") for verb in ("view", "change"))


class EntryInline(PartInline):
    model = Entry
    fields = ("meets", "kind", "rooms", "teachers", "groups")
    readonly_fields = fields

    @admin.display(description="when")
    def meets(self, entry: Entry) -> SafeString:
        return _link(entry, hours(entry))


class ExamInline(PartInline):
    model = Exam
    fields = ("linked", "period", "sat", "note")
    readonly_fields = fields

    @admin.display(description="kind")
    def linked(self, exam: Exam) -> SafeString:
        return _link(exam, exam.kind)

    @admin.display(description="sittings")
    def sat(self, exam: Exam) -> str:
        return in_words("sittings", exam.sittings)


def _link(part: Entry | Exam, words: str) -> SafeString:
    url = reverse(f"admin:courses_{type(part).__name__.lower()}_change", args=[part.pk])
    return format_html('<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>', url, words)


def hours(entry: Entry) -> str:
    return f"{WEEKDAYS[entry.weekday]} {entry.starts_at:%H:%M} to {entry.ends_at:%H:%M}"
