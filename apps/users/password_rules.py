"""What a password must be: Django's validators, as AUTH_PASSWORD_VALIDATORS lists them, and words of this place."""

from collections.abc import Sequence

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from rest_framework import serializers

from apps.users.models import User

SHORTEST = 8


class NotMadeOfOurWords:
    """Refuses a password that is too short once the words everybody here would think of are taken out (OWASP ASVS 5.0, 6.2.11)."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = sorted(words, key=len, reverse=True)

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        rest = password.lower()
        for word in self.words:
            rest = rest.replace(word, "")
        if rest != password.lower() and len(rest) < SHORTEST:
            raise ValidationError(self.get_help_text(), code="password_of_our_words")

    def get_help_text(self) -> str:
        return _("Your password can’t be little more than a word that everybody here would try.")


def check_password(
    password: str, *, email: str, first_name: str = "", last_name: str = "", field: str = "password"
) -> None:
    """Raises a problem that names the field, in the active language. Looks at nothing but what it is given."""
    user = User(email=email, first_name=first_name, last_name=last_name)
    try:
        validate_password(password, user)
    except ValidationError as error:
        faults = [
            serializers.ErrorDetail(message, code=each.code or "invalid")
            for each in error.error_list
            for message in each.messages
        ]
        raise serializers.ValidationError({field: faults}) from error
