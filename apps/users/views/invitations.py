"""The admin's pages for inviting people: choose a table, see what would happen, confirm, watch the letters go."""

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from apps.core.tables.faults import Refused
from apps.users.invitations import Person, Prepared, invite, prepare, progress
from apps.users.models import Invitation, User

# The file goes through a proxy that lets a megabyte pass, twice: as it is, and as a token.
MAX_FILE_BYTES = 480 * 1024
MAX_FORM_BYTES = 2 * MAX_FILE_BYTES
SHOWN_PEOPLE = 500
SHOWN_FAILED = 200
SHOWN_INVITATIONS = 10
LOOK_AGAIN_SECONDS = 3
_SALT = "apps.users.views.invitations"


class PeopleForm(forms.Form):
    people = forms.FileField(
        label="People (CSV)",
        allow_empty_file=True,
        help_text="Columns: email, and if you have them first_name, last_name and language.",
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.txt,.tsv,text/csv"}),
    )
    language = forms.ChoiceField(
        label="Language of those for whom the table tells none",
        choices=settings.LANGUAGES,
        widget=UnfoldAdminSelectWidget,
    )

    def clean_people(self) -> bytes:
        file = self.cleaned_data["people"]
        if file.size > MAX_FILE_BYTES:
            raise forms.ValidationError(
                f"The file has {file.size:,} bytes, at most {MAX_FILE_BYTES:,} are read: divide it."
            )
        content: bytes = file.read()
        return content


@never_cache
@csrf_exempt
def invite_people(request: HttpRequest) -> HttpResponse:
    """Exempt only until the size is known and the disk is out of reach: looking for the token reads the whole form."""
    if not request.user.has_perm("users.add_invitation"):
        raise PermissionDenied
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_FORM_BYTES:
        too_large = f"At most {MAX_FILE_BYTES:,} bytes are read: divide the file."
        return _choose(request, PeopleForm(), status=413, too_large=too_large)
    request.upload_handlers = [MemoryFileUploadHandler(request)]
    return _invite(request)


@csrf_protect
def _invite(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _choose(request, PeopleForm())
    if token := request.POST.get("looked"):
        return _confirm(request, token)
    form = PeopleForm(request.POST, request.FILES)
    if not form.is_valid():
        return _choose(request, form)
    raw, language = form.cleaned_data["people"], form.cleaned_data["language"]
    try:
        prepared = prepare(raw, language=language)
    except Refused as refused:
        return _choose(request, form, refused=refused)
    return _preview(request, prepared, raw.decode("utf-8"), language)


def _confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Those are invited who were shown, but for those who got an account in the meantime."""
    assert isinstance(request.user, User), "the admin lets nobody else in"
    try:
        looked = signing.loads(token, salt=_SALT, max_age=3600)
    except signing.BadSignature:
        looked = {}
    if looked.get("user") != str(request.user.pk):
        messages.error(request, "This was looked at too long ago. Choose the file again.")
        return HttpResponseRedirect(request.path)
    try:
        prepared = prepare(looked["people"].encode(), language=looked["language"])
    except Refused as refused:
        return _choose(request, PeopleForm(), refused=refused)
    if not prepared.new:
        messages.warning(request, "All of them have an account by now: nobody was invited.")
        return HttpResponseRedirect(request.path)
    with transaction.atomic():
        invited = invite(prepared.new, by=request.user, now=timezone.now())
    messages.success(request, f"{invited.people:,} people have an account. Their letters are on their way.")
    return HttpResponseRedirect(reverse("invitation", args=[invited.pk]))


@never_cache
def invitation(request: HttpRequest, id: UUID) -> HttpResponse:
    """How far the letters are; the page looks again by itself while some wait."""
    if not request.user.has_perm("users.add_invitation"):
        raise PermissionDenied
    invited = get_object_or_404(Invitation.objects.select_related("invited_by"), pk=id)
    now = progress(invited, most_failed=SHOWN_FAILED)
    failed = now.letters["dead"] + now.letters["expired"]
    context = {
        "title": "Invitation",
        "invited": invited,
        "sent": now.letters["sent"],
        "waiting": now.waiting,
        "failed": failed,
        "chosen": now.chosen,
        "done": 100 * (now.letters["sent"] + failed) // max(1, now.letters.total()),
        "more": max(0, failed - len(now.failed)),
        "table": {
            "headers": ["Address", "", "What the mail server said"],
            "rows": [[each.address, each.get_status_display(), each.error[:300]] for each in now.failed],
        },
    }
    answer = _rendered(request, "users/admin/invitation.html", context)
    if now.waiting:
        answer.headers["Refresh"] = str(LOOK_AGAIN_SECONDS)
    return answer


def _preview(request: HttpRequest, prepared: Prepared, text: str, language: str) -> HttpResponse:
    looked = {"user": str(request.user.pk), "people": text, "language": language}
    rows = [
        *(_row(person, "new") for person in prepared.new),
        *(_row(person, "has an account") for person in prepared.known),
    ]
    context = {
        "title": "Invite people",
        "looked": signing.dumps(looked, salt=_SALT, compress=True),
        "prepared": prepared,
        "more": max(0, len(rows) - SHOWN_PEOPLE),
        "table": {"headers": ["Address", "Name", "Language", ""], "rows": rows[:SHOWN_PEOPLE]},
    }
    return _rendered(request, "users/admin/invite_preview.html", context)


def _row(person: Person, status: str) -> list[str]:
    return [person.email, f"{person.first_name} {person.last_name}".strip(), person.language, status]


def _choose(
    request: HttpRequest,
    form: PeopleForm,
    *,
    refused: Refused | None = None,
    too_large: str = "",
    status: int = 200,
) -> HttpResponse:
    faults = refused.faults if refused else []
    latest = Invitation.objects.select_related("invited_by").order_by("-invited_at")[:SHOWN_INVITATIONS]
    context = {
        "title": "Invite people",
        "form": form,
        "too_large": too_large,
        "faults": refused and refused.total,
        "more": refused and refused.total - len(faults),
        "table": {
            "headers": ["Line", "Column", "What is wrong"],
            "rows": [[fault.line or "", fault.column, fault.detail] for fault in faults],
        },
        "latest": latest,
    }
    return _rendered(request, "users/admin/invite.html", context, status=status)


def _rendered(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    return TemplateResponse(request, template, {**admin.site.each_context(request), **context}, status=status)
