from typing import Any

from django.conf import settings
from django.db import models
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from apps.core.fields import Text
from apps.mail.addresses import is_deliverable
from apps.users.models import Session, User
from apps.users.password_rules import check_password
from apps.users.roles import Role, role_of
from apps.users.validators import validate_name, validate_time_zone


class TokenField(Text):
    """Whether a text is a token is for tokens.py to say, so that every bad one, however odd, gets the same answer."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_blank=True, trim_whitespace=False, **options)

    def run_validators(self, value: Any) -> None:
        return


class SignInSerializer(serializers.Serializer[Any]):
    email = Text(max_length=254)
    password = Text(max_length=1024, trim_whitespace=False, style={"input_type": "password"})
    device_name = Text(
        max_length=100,
        required=False,
        default="",
        allow_blank=True,
        help_text="Shown in the list of sessions.",
    )


class AddressField(serializers.EmailField, Text):
    """In the one form in which addresses are stored, and only such as we can write to."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=254, **options)

    def to_internal_value(self, data: Any) -> str:
        address = User.normalize_username(super().to_internal_value(data))
        if not is_deliverable(address):
            self.fail("invalid")
        return address


class PasswordField(Text):
    """Taken as it is typed, blanks included."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=1024, trim_whitespace=False, style={"input_type": "password"}, **options)


class RegistrationSerializer(serializers.Serializer[Any]):
    email = AddressField()
    password = PasswordField(write_only=True, help_text="At least eight characters, of any kind.")
    first_name = Text(
        max_length=150, required=False, default="", allow_blank=True, validators=[validate_name]
    )
    last_name = Text(max_length=150, required=False, default="", allow_blank=True, validators=[validate_name])
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False, default="en")
    time_zone = Text(
        max_length=64, required=False, default="Europe/Belgrade", validators=[validate_time_zone]
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        names = {name: attrs[name] for name in ("email", "first_name", "last_name")}
        check_password(attrs["password"], **names)
        return attrs


class RegisteredSerializer(serializers.Serializer[Any]):
    email = serializers.CharField(help_text="Where the letter goes.")


class AddressSerializer(serializers.Serializer[Any]):
    email = AddressField()


class ConfirmationSerializer(serializers.Serializer[Any]):
    key = Text(max_length=200)
    password = PasswordField(
        required=False,
        help_text="The account's from now on, instead of the one that was registered. Send it unless the address was registered on this phone: "
        "whoever else registered it knows the other one.",
    )


class ResetSerializer(serializers.Serializer[Any]):
    key = Text(max_length=200)
    password = PasswordField()


class PasswordChangeSerializer(serializers.Serializer[Any]):
    current_password = PasswordField()
    new_password = PasswordField()


class ListedSessionSerializer(serializers.ModelSerializer[Session]):
    current = serializers.SerializerMethodField(help_text="Whether the request was made in this one.")

    class Meta:
        model = Session
        fields = ["id", "device_name", "created_at", "last_used_at", "expires_at", "current"]

    def get_current(self, session: Session) -> bool:
        return bool(session == self.context["request"].auth)


class IdTokenSerializer(serializers.Serializer[Any]):
    id_token = TokenField(help_text="As the provider's SDK hands it to the app.")
    nonce = Text(
        max_length=255,
        required=False,
        default="",
        allow_blank=True,
        trim_whitespace=False,
        help_text="What the app made up for this sign-in; the provider was given it, or its SHA-256 in hexadecimal.",
    )
    device_name = Text(
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
    role = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = ["id", "email", "first_name", "last_name", "language", "time_zone", "role"]
        read_only_fields = ["id", "email"]

    @extend_schema_field(serializers.ChoiceField(choices=Role.choices))
    def get_role(self, user: User) -> str:
        return role_of(user)

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
