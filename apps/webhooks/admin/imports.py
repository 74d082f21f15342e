"""Staff import a timetable: first they see what is wrong with the files or what would change, then they apply it."""

from typing import Any

import structlog
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.safestring import mark_safe
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from apps.core.tables.faults import Refused
from apps.courses.differences import Difference
from apps.webhooks.admin.import_forms import MAX_FILE_BYTES, NEW_TERM_FIELDS, ImportForm, Looked
from apps.webhooks.models import Delivery
from apps.webhooks.own_deliveries import Foreseen, deliver, foresee
from apps.webhooks.tables.importing import Import, prepare

# The two files, the other fields and the boundaries between them.
MAX_FORM_BYTES = 2 * MAX_FILE_BYTES + 60 * 1024
SHOWN_LINES = 500
_LABELS = {"added": "success", "removed": "danger", "changed": "info"}

logger = structlog.get_logger(__name__)


@csrf_exempt
def import_timetable(request: HttpRequest) -> HttpResponse:
    """Exempt only until the size is known and the disk is out of reach: looking for the token reads the whole form."""
    if not request.user.has_perm("webhooks.add_delivery"):
        raise PermissionDenied
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_FORM_BYTES:
        return _page(request, ImportForm(), status=413, too_large=True)
    request.upload_handlers = [MemoryFileUploadHandler(request)]
    return _import(request)


@csrf_protect
def _import(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request, ImportForm())
    if token := request.POST.get("looked"):
        return _apply(request, Looked.at(token, user=str(request.user.pk)))
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form)
    data = form.cleaned_data
    try:
        prepared = prepare(
            **{name: data[name] for name in ("source", "term", "new_term", "timetable", "exams")}
        )
    except Refused as refused:
        return _page(request, form, refused=refused)
    looked = Looked(
        user=str(request.user.pk),
        source=prepared.source,
        term=prepared.term,
        new_term=data["new_term"],
        timetable=_as_text(data["timetable"]),
        exams=_as_text(data["exams"]),
        silent=data["silent"],
    )
    return _preview(request, looked, prepared, foresee(prepared.source, prepared.events(timezone.now())))


def _apply(request: HttpRequest, looked: Looked | None) -> HttpResponse:
    """What is applied is what was shown: if the catalogue has changed since, it is shown anew."""
    if looked is None:
        messages.error(request, "This was looked at too long ago. Choose the files again.")
        return HttpResponseRedirect(request.path)
    try:
        prepared = prepare(
            source=looked.source,
            term=looked.term,
            new_term=looked.new_term,
            timetable=_as_bytes(looked.timetable),
            exams=_as_bytes(looked.exams),
        )
    except Refused as refused:
        return _page(request, ImportForm(), refused=refused)
    events = prepared.events(timezone.now())
    foreseen = foresee(looked.source, events)
    if looked.having_seen(foreseen).seen != looked.seen:
        messages.warning(request, "The catalogue has changed in the meantime. Look again.")
        return _preview(request, looked, prepared, foreseen)
    made = deliver(looked.source, events, silenced=looked.silent)
    delivery_admin = admin.site.get_model_admin(Delivery)
    for delivery in made:
        delivery_admin.log_addition(request, delivery, f"Imported files into {looked.source}, {looked.term}.")
    logger.info(
        "timetable_imported",
        source=looked.source,
        term=looked.term,
        user=str(request.user.pk),
        deliveries=len(made),
    )
    messages.success(request, f"Stored as {len(made)} deliveries, which the worker applies now.")
    return HttpResponseRedirect(
        f"{reverse('admin:webhooks_delivery_changelist')}?{urlencode({'source': looked.source})}"
    )


def _preview(request: HttpRequest, looked: Looked, prepared: Import, foreseen: Foreseen) -> HttpResponse:
    found = foreseen.differences
    rows = [row for difference in found for row in _rows(difference)]
    entries = sum(len(course["entries"]) for course in prepared.courses)
    exams = sum(len(course["exams"]) for course in prepared.courses)
    context = {
        "looked": looked.having_seen(foreseen).token(),
        "silent": looked.silent,
        "phones": foreseen.phones,
        "read": f"{len(prepared.courses)} courses, {entries} entries, {exams} exams",
        "place": f"{looked.source}, {looked.term}",
        "unread": prepared.unread,
        "badges": [
            (_LABELS[status], f"{number} {status}")
            for status in _LABELS
            if (number := sum(difference.status == status for difference in found))
        ],
        "more": max(0, len(rows) - SHOWN_LINES),
        "table": {"headers": ["Course or term", "", "What", "Was", "Will be"], "rows": rows[:SHOWN_LINES]},
    }
    return _rendered(request, "webhooks/admin/import_preview.html", context)


def _rows(difference: Difference) -> list[list[Any]]:
    label = render_to_string(
        "unfold/helpers/label.html", {"text": difference.status, "type": _LABELS[difference.status]}
    )
    return [
        [
            "" if number else difference.name,
            "" if number else mark_safe(label),  # noqa: S308  # rendered from a template, of words of ours
            ""
            if line.field == difference.status
            else f"{line.object}: {line.field}"
            if line.object
            else line.field,
            line.old,
            line.new,
        ]
        for number, line in enumerate(difference.lines)
    ]


def _page(
    request: HttpRequest,
    form: ImportForm,
    *,
    refused: Refused | None = None,
    too_large: bool = False,
    status: int = 200,
) -> HttpResponse:
    faults = refused.faults if refused else []
    context = {
        "form": form,
        "files": [form["timetable"], form["exams"], form["into"], form["silent"]],
        "new_term": [form[name] for name in NEW_TERM_FIELDS],
        "too_large": f"At most {MAX_FILE_BYTES:,} bytes a file are read here; manage.py import_timetable takes larger ones."
        if too_large
        else "",
        "faults": refused and refused.total,
        "more": refused and refused.total - len(faults),
        "table": {
            "headers": ["File", "Line", "Column", "What is wrong"],
            "rows": [[fault.table, fault.line or "", fault.column, fault.detail] for fault in faults],
        },
    }
    return _rendered(request, "webhooks/admin/import.html", context, status=status)


def _rendered(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    everywhere = admin.site.each_context(request)
    return TemplateResponse(
        request, template, {**everywhere, "title": "Import a timetable", **context}, status=status
    )


def _as_text(raw: bytes | None) -> str | None:
    return None if raw is None else raw.decode("utf-8")


def _as_bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode("utf-8")
