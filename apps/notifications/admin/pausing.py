"""That nothing rings at the moment, said where staff look."""

from typing import Any

from django.http import HttpRequest

from apps.core.admin import ReadOnlyAdmin
from apps.notifications.models import Pause


class PhonesAdmin(ReadOnlyAdmin):
    """A list under a banner that tells of every pause in force."""

    list_before_template = "notifications/admin/paused.html"  # type: ignore[assignment]  # unfold types its empty default

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        context = {**(extra_context or {}), "pauses": Pause.objects.in_force()}
        return super().changelist_view(request, context)


def badge(request: HttpRequest) -> list[str] | None:
    """At the top of every page of the admin, in the form of unfold's ENVIRONMENT."""
    if not request.user.is_authenticated:
        return None
    scopes = [pause.scope for pause in Pause.objects.in_force()]
    if not scopes:
        return None
    return ["Phones paused" if Pause.EVERYTHING in scopes else f"Paused: {', '.join(scopes)}", "danger"]
