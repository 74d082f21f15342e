from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions


class PasswordForm(forms.Form):
    """A password that counts from now on. Its rules need to know whose it is, so they are checked where the key is."""

    password = forms.CharField(
        label=_("Password"),
        max_length=1024,
        strip=False,
        help_text=_("At least eight characters, of any kind."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "autofocus": True}),
    )
    again = forms.CharField(
        label=_("The same again"),
        max_length=1024,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if {"password", "again"} <= cleaned.keys() and cleaned["password"] != cleaned["again"]:
            self.add_error("again", _("These two are not the same."))
        return cleaned

    def refuse(self, error: exceptions.ValidationError) -> None:
        """What the API would have answered, beside the field that it names, or above all."""
        assert isinstance(error.detail, dict)
        for name, faults in error.detail.items():
            for fault in faults:
                self.add_error(name if name in self.fields else None, str(fault))
