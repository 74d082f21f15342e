"""Form fields whose cleaned values are JSON values of a document, so that a form can be laid over one as it is."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import (
    UnfoldAdminExpandableTextareaWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from apps.courses.admin.wording import WEEKDAYS

# In a field where empty means "not said", this says that there are none.
NONE_AT_ALL = "-"


class TypedInput(UnfoldAdminTextInputWidget):
    """A text input that the browser gives a picker: `date`, `time`, `number`. What it sends is what the contract writes."""

    def __init__(self, input_type: str, **attrs: str) -> None:
        super().__init__(attrs)
        self.input_type = input_type


class Line(forms.CharField):
    def __init__(self, *, input_type: str = "text", **kwargs: Any) -> None:
        kwargs = {"required": False, "empty_value": None, "widget": TypedInput(input_type)} | kwargs
        super().__init__(**kwargs)


class Paragraph(Line):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=UnfoldAdminExpandableTextareaWidget(), **kwargs)

    def to_python(self, value: Any) -> Any:
        """Browsers end lines as mail does, documents do not."""
        return super().to_python(value.replace("\r\n", "\n") if value else value)


class Choice(forms.TypedChoiceField):
    def __init__(self, choices: Any, **kwargs: Any) -> None:
        super().__init__(choices=choices, widget=UnfoldAdminSelectWidget(), **kwargs)


class Weekday(Choice):
    def __init__(self) -> None:
        super().__init__(choices=WEEKDAYS.items(), coerce=int)


class Number(forms.FloatField):
    def __init__(self) -> None:
        super().__init__(required=False, widget=TypedInput("number", step="any"))


class WholeNumber(forms.IntegerField):
    def __init__(self) -> None:
        super().__init__(required=False, widget=TypedInput("number"))


class Lines(forms.CharField):
    """A list of texts, one a line."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            required=False, widget=UnfoldAdminExpandableTextareaWidget(), help_text="One a line.", **kwargs
        )

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        return lines(super().clean(value))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return lines(self.prepare_value(initial)) != lines(data)


class Weeks(forms.CharField):
    """Numbers of weeks, such as "1-7, 9"; empty for all of them."""

    def __init__(self) -> None:
        super().__init__(
            required=False,
            widget=TypedInput("text"),
            help_text=f"Teaching weeks of the term, such as 1-7, 9. Empty for all of them, {NONE_AT_ALL} for none.",
        )

    def prepare_value(self, value: Any) -> Any:
        return (", ".join(map(str, value)) or NONE_AT_ALL) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[int] | None:
        return self._weeks(super().clean(value))

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self._weeks(self.prepare_value(initial)) != self._weeks(data)
        except ValidationError:
            return True

    def _weeks(self, text: str | None) -> list[int] | None:
        found: list[int] = []
        for part in re.split(r"[,\s]+", (text or "").strip()):
            span = re.fullmatch(r"(\d{1,3})(?:-(\d{1,3}))?", part, re.ASCII)
            if span:
                found.extend(range(int(span[1]), int(span[2] or span[1]) + 1))
            elif part not in ("", NONE_AT_ALL):
                raise ValidationError(f"{part} is no number of a week and no range such as 1-7.")
        return found if (text or "").strip() else None


def lines(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]
