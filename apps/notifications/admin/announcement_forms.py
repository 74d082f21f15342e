"""The forms in which staff write an announcement and say when it goes out."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from apps.courses.models import Course
from apps.notifications.models import Announcement

Audience = Announcement.Audience
NEEDS: dict[str, tuple[str, ...]] = {
    Audience.EVERYONE: (),
    Audience.COURSE: ("course",),
    Audience.COURSE_GROUP: ("course", "group"),
    Audience.TERM_GROUP: ("term", "group"),
    Audience.ROLE: ("role",),
    Audience.DEPARTMENT: ("department",),
}
AUDIENCE_FIELDS = ["course", "term", "group", "role", "department"]
LANGUAGES = dict(settings.LANGUAGES)
TEXT_FIELDS = [f"{part}_{language}" for language in LANGUAGES for part in ("title", "body")]


class _AnnouncementForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs alone
    department = forms.ChoiceField(required=False, widget=UnfoldAdminSelectWidget())

    class Meta:
        model = Announcement
        fields = ["deep_link", "audience", *AUDIENCE_FIELDS]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for language, text in (self.instance.texts or {}).items():
            self.initial.update({f"title_{language}": text["title"], f"body_{language}": text["body"]})
        departments = Course.objects.visible().exclude(department=None).values_list("department", flat=True)
        if isinstance(field := self.fields.get("department"), forms.ChoiceField):
            known = departments.distinct().order_by("department")
            field.choices = [("", "---------"), *((each, each) for each in known if each)]

    def clean(self) -> dict[str, Any]:
        """What the audience has no use for is emptied, so that the row says what it means."""
        needed = NEEDS.get(self.cleaned_data.get("audience", ""), ())
        for name in AUDIENCE_FIELDS:
            if name not in needed:
                self.cleaned_data[name] = None if name in ("course", "term") else ""
                self.errors.pop(name, None)
            elif not self.cleaned_data.get(name) and name not in self.errors:
                self.add_error(name, "This audience needs it.")
        self.instance.texts = self._texts()
        return self.cleaned_data

    def _texts(self) -> dict[str, dict[str, str]]:
        texts = {}
        for language in LANGUAGES:
            text = {part: self.cleaned_data.get(f"{part}_{language}", "") for part in ("title", "body")}
            if all(text.values()):
                texts[language] = text
            elif any(text.values()):
                missing = next(part for part, words in text.items() if not words)
                self.add_error(f"{missing}_{language}", "Write both, or neither in this language.")
        if not texts and not self.errors:
            self.add_error(None, "Write a title and a text in one language at least.")
        return texts


def _text_fields() -> dict[str, forms.Field]:
    fields: dict[str, forms.Field] = {}
    for language, name in LANGUAGES.items():
        fields[f"title_{language}"] = forms.CharField(
            label=f"Title, {name}", max_length=200, required=False, widget=UnfoldAdminTextInputWidget()
        )
        fields[f"body_{language}"] = forms.CharField(
            label=f"Text, {name}",
            max_length=4000,
            required=False,
            widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        )
    return fields


AnnouncementForm = type("AnnouncementForm", (_AnnouncementForm,), _text_fields())


class SendForm(forms.Form):
    """`seen` is when what the page shows was written. Without `send_at` it goes out now; times are of the zone that is active."""

    seen = forms.CharField(widget=forms.HiddenInput())
    send_at = forms.DateTimeField(
        required=False,
        label="Goes out at",
        widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local", "required": True}),
    )

    def clean_send_at(self) -> Any:
        send_at = self.cleaned_data["send_at"]
        if send_at and send_at <= timezone.now():
            raise forms.ValidationError("Give a moment that is still to come.")
        return send_at
