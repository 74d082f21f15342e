"""What people with browsers get: how the admin looks and leads, and what its pages may load."""

from typing import Any

from csp.constants import NONE, SELF, UNSAFE_INLINE
from django.apps import apps
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.functional import lazy

_static = lazy(static, str)


def _item(title: str, icon: str, model: str, *, counted: bool = False) -> dict[str, Any]:
    """An entry of the sidebar, for those who may see the list it leads to; if `counted`, with the number of those that wait for staff."""
    app, name = model.split(".")

    def permission(request: Any) -> bool:
        return any(request.user.has_perm(f"{app}.{verb}_{name}") for verb in ("view", "change"))

    def waiting() -> int:
        # The template calls it, and shows no badge for nought.
        counted_model: Any = apps.get_model(model)
        count: int = counted_model.objects.waiting().count()
        return count

    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{name}_changelist"),
        "permission": permission,
        **({"badge": waiting, "badge_variant": "warning", "badge_style": "solid"} if counted else {}),
    }


UNFOLD = {
    "SITE_TITLE": "Campanile",
    "SITE_HEADER": "Campanile",
    "SITE_SUBHEADER": "Timetable of the campus",
    "SITE_SYMBOL": "notifications_active",
    "SITE_URL": "/api/docs/",
    "SHOW_VIEW_ON_SITE": False,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _static("core/favicon.svg")}],
    "ENVIRONMENT": "apps.notifications.admin.pausing.badge",
    "STYLES": [_static("courses/admin.css"), _static("notifications/admin.css")],
    "ACCOUNT": {
        "navigation": [{"title": "Second factor", "link": reverse_lazy("admin:second-factor")}],
    },
    "SIDEBAR": {
        "show_search": False,
        "navigation": [
            {
                "title": "Waiting for staff",
                "items": [
                    _item("Deletions", "playlist_remove", "courses.helddeletions", counted=True),
                    _item("Ringing", "phonelink_ring", "notifications.hold", counted=True),
                ],
            },
            {
                "title": "Catalogue",
                "items": [
                    _item("Terms", "calendar_month", "courses.term"),
                    _item("Courses", "menu_book", "courses.course"),
                    _item("Timetable entries", "schedule", "courses.entry"),
                    _item("Exams", "quiz", "courses.exam"),
                ],
            },
            {
                "title": "Course service",
                "items": [
                    _item("Sources", "sensors", "webhooks.source"),
                    _item("Deliveries", "inbox", "webhooks.delivery"),
                    {
                        "title": "Import a timetable",
                        "icon": "upload_file",
                        "link": reverse_lazy("import-timetable"),
                        "permission": lambda request: request.user.has_perm("webhooks.add_delivery"),
                    },
                ],
            },
            {
                "title": "Phones",
                "items": [
                    _item("Announcements", "campaign", "notifications.announcement"),
                    _item("Notifications", "notifications", "notifications.notification"),
                    _item("Reminders", "alarm", "notifications.reminder"),
                    _item("Fan-outs", "call_split", "notifications.fanout"),
                    _item("Devices", "smartphone", "notifications.device"),
                    _item("Pauses", "pause_circle", "notifications.pause"),
                ],
            },
            {
                "title": "People",
                "items": [
                    _item("Users", "person", "users.user"),
                    _item("Roles", "badge", "auth.group"),
                    {
                        "title": "Invite people",
                        "icon": "group_add",
                        "link": reverse_lazy("invite-people"),
                        "permission": lambda request: request.user.has_perm("users.add_invitation"),
                    },
                    _item("Enrolments", "how_to_reg", "courses.enrolment"),
                    _item("Sessions", "login", "users.session"),
                    _item("Letters", "mail", "mail.letter"),
                ],
            },
        ],
    },
}

# Everything comes from this host. Styles in the page are how unfold hands over its colours and Swagger UI its layout.
# What the admin needs beyond this stands in config/page_policy.py.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF, UNSAFE_INLINE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
