from typing import Any

from django.http import HttpRequest
from unfold.admin import TabularInline

from apps.users.models import Identity


class IdentityInline(TabularInline):
    """Which providers open the account: to look at, and to take away."""

    model = Identity
    extra = 0
    fields = ("provider", "email", "subject", "created_at")
    readonly_fields = ("provider", "email", "subject", "created_at")
    verbose_name_plural = "signs in with"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
