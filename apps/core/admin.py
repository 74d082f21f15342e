"""What the admin pages of several apps share."""

from typing import Any

from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

MAX_SHOWN = 200_000


class ReadOnlyAdmin(ModelAdmin):
    """To look at: its rows are made and changed elsewhere. No page counts a whole table."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def as_code(text: str) -> SafeString:
    cut = f"\n… {len(text) - MAX_SHOWN} more characters" if len(text) > MAX_SHOWN else ""
    return format_html('<pre class="code">{}{}</pre>', text[:MAX_SHOWN], cut)
