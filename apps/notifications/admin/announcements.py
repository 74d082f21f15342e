"""Where staff write announcements, look at them as a phone shows them, and send, schedule or cancel them."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.defaultfilters import date as as_date
from django.template.defaultfilters import pluralize
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import display

from apps.core.admin import as_code
from apps.core.zones import zone_named
from apps.notifications.acknowledgement import Acknowledgement
from apps.notifications.addressees import Reach, reach
from apps.notifications.admin.announcement_forms import (
    AUDIENCE_FIELDS,
    LANGUAGES,
    NEEDS,
    TEXT_FIELDS,
    AnnouncementForm,
    SendForm,
)
from apps.notifications.admin.reaching import reached
from apps.notifications.announcements import cancel, confirm, rewrite
from apps.notifications.messages import announced, fitted
from apps.notifications.models import Announcement
from apps.users.models import User

State = Announcement.State
_LABELS = {"draft": "", "scheduled": "info", "sending": "warning", "sent": "success", "cancelled": "danger"}
_HISTORY = [
    "written_by",
    "written_at",
    "confirmed_by",
    "confirmed_at",
    "send_at",
    "started_at",
    "finished_at",
    "cancelled_by",
    "cancelled_at",
]

_FAILURE = ["attempts", "next_try_at", "error_text"]


def in_the_readers_zone(view: Callable[..., Any]) -> Callable[..., Any]:
    """Whoever writes "18:00" means their own clock. Rendered here, since templates ask for the zone when they are."""

    @wraps(view)
    def zoned(self: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        with timezone.override(zone_named(_reader(request).time_zone)):
            response = view(self, request, *args, **kwargs)
            return response.render() if isinstance(response, TemplateResponse) else response

    return zoned


@admin.register(Announcement)
class AnnouncementAdmin(ModelAdmin):
    form = AnnouncementForm
    change_form_outer_before_template = "notifications/admin/announcement.html"  # type: ignore[assignment]  # unfold types its empty default
    list_display = ["title", "state_label", "audience_words", "made_for", "send_at", "confirmed_by"]
    list_filter = ["state", "audience", "send_at"]
    list_select_related = ["course", "term", "confirmed_by"]
    list_per_page = 50
    show_full_result_count = False
    ordering = ["-written_at"]
    autocomplete_fields = ["course"]
    readonly_fields = _FAILURE
    conditional_fields = {
        name: " || ".join(f"audience == '{audience}'" for audience, needed in NEEDS.items() if name in needed)
        for name in AUDIENCE_FIELDS
    }

    @admin.display(description="announcement")
    def title(self, announcement: Announcement) -> str:
        return str(announcement)

    @display(
        description="state",
        ordering="state",
        label=_LABELS,
    )
    def state_label(self, announcement: Announcement) -> str:
        return announcement.state

    @admin.display(description="error")
    def error_text(self, announcement: Announcement) -> SafeString:
        return as_code(announcement.error)

    @admin.display(description="for")
    def audience_words(self, announcement: Announcement) -> str:
        return _audience(announcement)

    @admin.display(description="made for", ordering="phones")
    def made_for(self, announcement: Announcement) -> str | None:
        to = Reach(announcement.people, announcement.phones)
        return _figures(to) if announcement.started_at else None

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None or obj.state == State.DRAFT:
            return [
                (None, {"fields": TEXT_FIELDS}),
                ("For whom", {"fields": ["audience", *AUDIENCE_FIELDS]}),
                ("A tap leads to", {"fields": ["deep_link"]}),
            ]
        failed = [("It could not be sent", {"fields": _FAILURE})] if obj.error else []
        return [*failed, ("What became of it", {"fields": [*_HISTORY, "deep_link"]})]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may_send(request) and (obj is None or obj.state == State.DRAFT)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_delete_permission(request, obj)) and (obj is None or obj.state == State.DRAFT)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_view_permission(request, obj)) or self._may_send(request)

    def _may_send(self, request: HttpRequest) -> bool:
        return bool(super().has_change_permission(request))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001  # Django's signature
        rewrite(announcement=obj, by=_reader(request))

    def response_post_save_add(self, request: HttpRequest, obj: Announcement) -> HttpResponseRedirect:
        return HttpResponseRedirect(_page(obj))

    def response_post_save_change(self, request: HttpRequest, obj: Announcement) -> HttpResponseRedirect:
        return HttpResponseRedirect(_page(obj))

    def get_urls(self) -> Any:
        send = self.admin_site.admin_view(self.send_view)
        name = "notifications_announcement_send"
        return [path("<uuid:object_id>/send/", send, name=name), *super().get_urls()]

    @in_the_readers_zone
    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return super().changelist_view(request, extra_context)

    @in_the_readers_zone
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        obj = self.get_object(request, str(object_id)) if object_id else None
        context = {
            **(extra_context or {}),
            "show_save_and_add_another": False,
            "show_save_and_continue": False,
        }
        try:
            if obj is not None and request.method == "POST" and "cancel" in request.POST:
                return self._cancel(request, obj)
            if obj is not None and self.has_view_permission(request, obj):
                context |= {**_shown(obj), "may_send": self._may_send(request)}
            return super().changeform_view(request, object_id, form_url, context)
        except Announcement.Changed:
            self.message_user(request, "Somebody has sent or cancelled it in the meantime.", messages.WARNING)
            return HttpResponseRedirect(request.path)

    def _cancel(self, request: HttpRequest, announcement: Announcement) -> HttpResponse:
        if not self._may_send(request):
            raise PermissionDenied
        with transaction.atomic():
            cancel(announcement=announcement.pk, by=_reader(request))
            self.log_change(request, announcement, "Cancelled.")
        self.message_user(request, "Cancelled: it rings nobody more.", messages.SUCCESS)
        return HttpResponseRedirect(request.path)

    @in_the_readers_zone
    def send_view(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        announcement = get_object_or_404(Announcement, pk=object_id)
        if not self._may_send(request):
            raise PermissionDenied
        if announcement.state != State.DRAFT:
            return HttpResponseRedirect(_page(announcement))
        shown = _shown(announcement)
        written = announcement.written_at.isoformat()
        form = SendForm(request.POST or None, initial={"seen": written})
        if form.is_valid() and shown["to"].people:
            if form.cleaned_data["seen"] == written and self._confirm(
                request, announcement, form, shown["to"]
            ):
                return HttpResponseRedirect(_page(announcement))
            self.message_user(request, "It has been changed in the meantime. Look again.", messages.WARNING)
            return HttpResponseRedirect(request.path)
        context = {
            **self.admin_site.each_context(request),
            **shown,
            "title": f"Send “{announcement}”",
            "form": form,
            "zone": _reader(request).time_zone,
            "back": _page(announcement),
        }
        return TemplateResponse(request, "notifications/admin/send.html", context)

    def _confirm(self, request: HttpRequest, announcement: Announcement, form: SendForm, to: Reach) -> bool:
        """Whether it was still the draft that was seen."""
        later = form.cleaned_data["send_at"]
        when = f"at {_moment(later)}" if later else "now"
        try:
            with transaction.atomic():
                confirm(
                    announcement=announcement.pk,
                    by=_reader(request),
                    send_at=later or timezone.now(),
                    seen=announcement.written_at,
                )
                said = _figures(to)
                self.log_change(request, announcement, f"Confirmed for {said}, {when}.")
        except Announcement.Changed:
            return False
        self.message_user(request, f"It goes out {when}, to {said}.", messages.SUCCESS)
        return True


def _reader(request: HttpRequest) -> User:
    assert isinstance(request.user, User), "the admin lets nobody else in"
    return request.user


def _page(announcement: Announcement) -> str:
    return reverse("admin:notifications_announcement_change", args=[announcement.pk])


def _moment(moment: Any) -> str:
    return (
        f"{as_date(timezone.localtime(moment), 'DATETIME_FORMAT')} ({timezone.get_current_timezone_name()})"
    )


def _audience(announcement: Announcement) -> str:
    needed = NEEDS[announcement.audience]
    if not needed:
        return announcement.get_audience_display()
    words = announcement.get_role_display() if needed == ("role",) else None
    return words or f"{announcement.get_audience_display()}: " + ", ".join(
        str(getattr(announcement, name)) for name in needed
    )


def _shown(announcement: Announcement) -> dict[str, Any]:
    """The phone in each language, whom it would reach or has reached, and what became of its pushes."""
    phones = []
    for language in announcement.texts:
        whole = announced(announcement, language=language)
        text = fitted(whole)
        phones.append({"language": LANGUAGES.get(language, language), "text": text, "cut": text != whole})
    waits = announcement.state in (State.DRAFT, State.SCHEDULED)
    going = announcement.state in (State.SCHEDULED, State.SENDING)
    to = reach(announcement.pk) if waits else Reach(announcement.people, announcement.phones)
    return {
        "announcement": announcement,
        "phones": phones,
        "figures": _figures(to),
        "state_type": _LABELS[announcement.state],
        "audience": _audience(announcement),
        "to": to,
        "reach": None if waits else reached(Acknowledgement.of_announcement(announcement.pk)),
        "send_url": reverse("admin:notifications_announcement_send", args=[announcement.pk]),
        "moment": _moment(announcement.send_at) if announcement.send_at else "",
        "may_be_cancelled": going,
    }


def _figures(to: Reach) -> str:
    return (
        f"{to.phones:,} phone{pluralize(to.phones)} of {to.people:,} {pluralize(to.people, 'person,people')}"
    )
