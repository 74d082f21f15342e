from typing import Any

from django.conf import settings
from django.db import models
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from apps.core.fields import Text
from apps.users.models import User


class TokenField(serializers.CharField):
    """Whether a text is a token is for tokens.py to say, so that every bad one, however odd, gets the same answer."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_blank=True, trim_whitespace=False, **options)

    def run_validators(self, value: Any) -> None:
        return


class SignInSerializer(serializers.Serializer[Any]):
    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=1024, trim_whitespace=False, style={"input_type": "password"})
    device_name = serializers.CharField(
        max_length=100,
        required=False,
        default="",
        allow_blank=True,
        help_text="Shown in the list of sessions.",
    )


class RefreshTokenSerializer(serializers.Serializer[Any]):
    refresh = TokenField()


class TokenPairSerializer(serializers.Serializer[Any]):
    access = serializers.CharField(help_text="Good for ten minutes, unless the session ends before.")
    refresh = serializers.CharField(help_text="Good once: each refresh answers with its successor.")


class ProfileSerializer(serializers.ModelSerializer[User]):
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.CharField: Text,
    }
    language = serializers.ChoiceField(choices=settings.LANGUAGES)

    class Meta:
        model = User
        fields = ["id", "email", "first_name", "last_name", "language", "time_zone"]
        read_only_fields = ["id", "email"]

    def to_internal_value(self, data: Any) -> Any:
        """Names fields that are unknown or not the user's to change, beside whatever else is wrong, instead of passing over them."""
        faults: dict[str, Any] = {}
        if isinstance(data, dict):
            writable = {name for name, field in self.fields.items() if not field.read_only}
            faults = {name: [_REFUSED] for name in sorted(data.keys() - writable)}
        try:
            taken = super().to_internal_value(data)
        except serializers.ValidationError as error:
            raise serializers.ValidationError({**faults, **_by_field(error)}) from error
        if faults:
            raise serializers.ValidationError(faults)
        return taken


_REFUSED = ErrorDetail("This field cannot be changed.", code="read_only")


def _by_field(error: serializers.ValidationError) -> dict[str, Any]:
    assert isinstance(error.detail, dict), "a serializer tells faults by field"
    return error.detail
