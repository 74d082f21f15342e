"""The forms in which staff lay values over the source's. They show what staff have set in its place; only what is changed in them is set."""

from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.html import format_html
from unfold.widgets import UnfoldAdminSplitDateTimeWidget

from apps.courses.admin import tables
from apps.courses.admin.fields import Choice, Line, Lines, Number, Paragraph, Weekday, Weeks, WholeNumber
from apps.courses.admin.wording import in_words, label
from apps.courses.layers import Invalid, Layers, layers_of
from apps.courses.models import Course, Entry, Exam, Term
from apps.courses.models.sourced import Json


class OverrideForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs alone
    """The instance is only looked at: rows follow from documents, and documents from staff_edits."""

    fields_to_set: ClassVar[list[str]]
    expires_at = forms.SplitDateTimeField(
        required=False,
        widget=UnfoldAdminSplitDateTimeWidget(),
        label="Until",
        help_text="In UTC. From then on the source's values are served again; empty: until the override is dropped.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.layers = layers_of(self.owner, self.object_id)
        if self.layers is None:
            return
        override = self.layers.override
        self.initial = {**self.layers.wanted, "expires_at": override and override.expires_at}
        for name, field in self.fields.items():
            # The page carries what it showed, so that a value nobody touched is not mistaken for an edit of a newer one.
            field.show_hidden_initial = name != "expires_at"
            if name in self.layers.fields:
                field.help_text = _overridden(self.layers, name, field.help_text)

    @property
    def owner(self) -> Term | Course:
        owner: Term | Course = getattr(self.instance, "course", self.instance)
        return owner

    @property
    def object_id(self) -> UUID:
        id: UUID = self.instance.pk
        return id

    @property
    def changes(self) -> Json:
        return {
            name: self.cleaned_data[name]
            for name in self.changed_data
            if name in self.fields_to_set and name in self.cleaned_data
        }

    def clean_expires_at(self) -> Any:
        expires_at = self.cleaned_data["expires_at"]
        if "expires_at" in self.changed_data and expires_at and expires_at <= timezone.now():
            raise forms.ValidationError("Give a moment that is still to come.")
        return expires_at

    def clean(self) -> None:
        try:
            kept = self.layers.with_fields(self.changes) if self.layers else {}
        except Invalid as invalid:
            for field, error in invalid.errors:
                self.add_error(field if field in self.fields else None, label(error))
            return
        if self.cleaned_data.get("expires_at") and not kept:
            self.add_error("expires_at", "No value differs from the source's, so there is nothing to end.")

    def _post_clean(self) -> None:
        """Nothing is put on the instance."""


def _overridden(layers: Layers, name: str, help_text: object) -> str:
    words = in_words(name, layers.source.get(name))
    return format_html(
        '{}<strong class="overridden">Set by staff. The source says: {}</strong>',
        format_html("{}<br>", help_text) if help_text else "",
        words,
    )


class TermForm(OverrideForm):
    fields_to_set = ["name", "starts_on", "ends_on", "time_zone", "periods", "day_overrides"]
    name = Line(required=True)
    starts_on = Line(input_type="date", required=True, label="First day")
    ends_on = Line(input_type="date", required=True, label="Last day")
    time_zone = Line(required=True)
    periods = tables.periods()
    day_overrides = tables.day_overrides()

    class Meta:
        model = Term
        fields: list[str] = []


class CourseForm(OverrideForm):
    fields_to_set = [
        "code",
        "title",
        "description",
        "translations",
        "credits",
        "department",
        "level",
        "year",
        "language",
        "teachers",
        "url",
    ]
    code = Line(required=True)
    title = Line(required=True)
    description = Paragraph()
    translations = tables.Translations()
    credits = Number()
    department = Line()
    level = Line()
    year = WholeNumber()
    language = Line()
    teachers = Lines()
    url = Line(label="URL")

    class Meta:
        model = Course
        fields: list[str] = []


class EntryForm(OverrideForm):
    fields_to_set = [
        "kind",
        "weekday",
        "starts_at",
        "ends_at",
        "rooms",
        "teachers",
        "groups",
        "weeks",
        "valid_from",
        "valid_until",
        "online_url",
        "exceptions",
    ]
    kind = Choice(tables.choices("lecture", "exercise", "lab", "seminar", "other").items())
    weekday = Weekday()
    starts_at = Line(input_type="time", required=True)
    ends_at = Line(input_type="time", required=True)
    rooms = Lines()
    teachers = Lines()
    groups = Lines()
    weeks = Weeks()
    valid_from = Line(input_type="date")
    valid_until = Line(input_type="date")
    online_url = Line(label="Online URL")
    exceptions = tables.exceptions()

    class Meta:
        model = Entry
        fields: list[str] = []


class ExamForm(OverrideForm):
    fields_to_set = ["kind", "period", "sittings", "note"]
    kind = Choice(tables.choices("written", "oral", "practical", "midterm", "other").items())
    period = Line()
    sittings = tables.Sittings()
    note = Paragraph()

    class Meta:
        model = Exam
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sittings, term = self.fields.get("sittings"), self.instance.course.term
        if isinstance(sittings, tables.Sittings) and term:
            sittings.zone = ZoneInfo(term.time_zone)
            sittings.help_text = format_html("Times in {}. {}", term.time_zone, sittings.help_text)
