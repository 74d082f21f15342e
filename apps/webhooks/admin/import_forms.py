"""The form of the import page, and the token that carries what was looked at from the first step to the second."""

import hashlib
from typing import Any, Self

from django import forms
from django.conf import settings
from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from pydantic import BaseModel
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from apps.courses.models import Term
from apps.courses.models.sourced import Json
from apps.webhooks.own_deliveries import Foreseen
from apps.webhooks.tables.importing import NotForFiles, check_source
from apps.webhooks.tables.terms import periods

# Both files and the rest of the form go through a proxy that lets a megabyte pass, twice: as they are, and as a token.
MAX_FILE_BYTES = 480 * 1024
NEW_TERM_FIELDS = ["source", "term", "name", "starts_on", "ends_on", "time_zone", "periods"]


def _text(label: str, *, help_text: str = "", placeholder: str = "") -> forms.CharField:
    widget = UnfoldAdminTextInputWidget(attrs={"placeholder": placeholder})
    return forms.CharField(required=False, label=label, help_text=help_text, max_length=200, widget=widget)


def _file(label: str) -> forms.FileField:
    widget = UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.txt,.tsv,text/csv"})
    return forms.FileField(required=False, allow_empty_file=True, label=label, widget=widget)


class ImportForm(forms.Form):
    timetable = _file("Timetable (CSV)")
    exams = _file("Exam list (CSV)")
    into = forms.ChoiceField(label="Term", required=False, widget=UnfoldAdminSelectWidget)
    silent = forms.BooleanField(
        label="Silent: ring no phone", required=False, widget=UnfoldBooleanSwitchWidget
    )
    source = _text("Faculty", help_text="A slug: a-z, 0-9 and -.", placeholder="raf")
    term = _text("Id of the term", placeholder="2026-autumn")
    name = _text("Name", placeholder="Autumn 2026")
    starts_on = _text("First day", placeholder="2026-09-28")
    ends_on = _text("Last day", placeholder="2027-02-14")
    time_zone = _text("Time zone", placeholder="Europe/Belgrade")
    periods = forms.CharField(
        label="Periods",
        required=False,
        help_text="One a line: teaching, exams or holiday; first day; last day; name. Without any, every day is taught.",
        widget=UnfoldAdminTextareaWidget(
            attrs={
                "rows": 4,
                "placeholder": "teaching, 2026-09-28, 2027-01-15\nexams, 2027-01-18, 2027-02-14, January",
            }
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        terms = Term.objects.filled().exclude(source__in=settings.WEBHOOK_SECRETS).order_by("-starts_on")
        known = [(str(term.pk), f"{term} ({term.source}, {term.external_id})") for term in terms]
        field = self.fields["into"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [*known, ("", "A new term, described below")]
        field.initial = field.choices[0][0]

    def clean_timetable(self) -> bytes | None:
        return self._bytes("timetable")

    def clean_exams(self) -> bytes | None:
        return self._bytes("exams")

    def clean_periods(self) -> list[Json]:
        try:
            return periods(self.cleaned_data["periods"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("timetable", True) is None and data.get("exams", True) is None:
            self.add_error("timetable", "Choose a timetable, an exam list, or both.")
        if data.get("into"):
            term = Term.objects.get(pk=data["into"])
            return {**data, "source": term.source, "term": term.external_id, "new_term": None}
        for name in NEW_TERM_FIELDS[:-1]:
            if not data.get(name) and name not in self.errors:
                self.add_error(name, "A new term needs this.")
        if data.get("source"):
            try:
                check_source(data["source"])
            except NotForFiles as error:
                self.add_error("source", str(error))
        return {**data, "new_term": {name: data.get(name) for name in NEW_TERM_FIELDS[2:]}}

    def _bytes(self, name: str) -> bytes | None:
        file: UploadedFile[bytes] | None = self.cleaned_data[name]
        if file is None:
            return None
        if (file.size or 0) > MAX_FILE_BYTES:
            raise forms.ValidationError(
                f"The file has {file.size:,} bytes, at most {MAX_FILE_BYTES:,} are read here. manage.py import_timetable takes larger ones."
            )
        content: bytes = file.read()
        return content


class Looked(BaseModel):
    """What somebody was shown, signed and kept in their page alone: nothing of a file stays here until it is applied."""

    user: str
    source: str
    term: str
    new_term: Json | None
    timetable: str | None
    exams: str | None
    silent: bool
    seen: str = ""

    def token(self) -> str:
        return signing.dumps(self.model_dump(), salt=__name__, compress=True)

    @classmethod
    def at(cls, token: str, *, user: str) -> Self | None:
        """None when it is not ours, older than an hour, or of somebody else."""
        try:
            looked = cls(**signing.loads(token, salt=__name__, max_age=3600))
        except signing.BadSignature:
            return None
        return looked if looked.user == user else None

    def having_seen(self, foreseen: Foreseen) -> Self:
        digest = hashlib.sha256(repr(foreseen.differences).encode()).hexdigest()
        return self.model_copy(update={"seen": digest})
