from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from apps.core.admin import ReadOnlyAdmin
from apps.users.models import User
from apps.users.roles import PERMISSIONS, Role, having

admin.site.unregister(Group)
_VERBS = {"view": "look at", "add": "add", "change": "change or decide", "delete": "delete"}


@admin.register(Group)
class RoleAdmin(ReadOnlyAdmin):
    """The roles and what each may do. To look at: the table stands in the code, people get their role on their own page."""

    fields = ["role", "people", "may"]
    readonly_fields = ["role", "people", "may"]
    list_display = ["role", "people"]
    ordering = ["pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        roles: QuerySet[Any] = super().get_queryset(request).filter(name__in=Role.values)
        return roles

    @admin.display(description="role", ordering="name")
    def role(self, group: Any) -> str:
        return str(Role(group.name).label)

    @admin.display(description="people")
    def people(self, group: Any) -> SafeString:
        count = User.objects.people().filter(having(Role(group.name))).count()
        page = f"{reverse('admin:users_user_changelist')}?role={group.name}"
        return format_html('<a class="underline" href="{}">{}</a>', page, count)

    @admin.display(description="may do in the admin")
    def may(self, group: Any) -> SafeString | str:
        rows: dict[str, list[str]] = {}
        for name in sorted(PERMISSIONS[Role(group.name)]):
            _app, _, codename = name.partition(".")
            verb, _, _model = codename.partition("_")
            rows.setdefault(verb, []).append(_plural(name))
        lines = ((_VERBS[verb], ", ".join(sorted(rows[verb]))) for verb in _VERBS if verb in rows)
        return (
            format_html_join(mark_safe("<br>"), "<strong>{}</strong>: {}", lines)
            or "nothing: it is the app's alone"
        )


def _plural(permission: str) -> str:
    """Of courses.change_term: terms."""
    app, _, codename = permission.partition(".")
    return str(apps.get_model(app, codename.partition("_")[2])._meta.verbose_name_plural)  # noqa: SLF001  # Django's documented API
