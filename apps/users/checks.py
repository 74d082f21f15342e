from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from apps.users.keyring import SHORTEST_KEY

_MAKE_ONE = "Make one: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'; see docs/how-to/rotate-token-keys.md."


@register(Tags.security)
def tokens_have_keys_of_their_own(
    app_configs: Sequence[AppConfig] | None, **options: Any
) -> list[CheckMessage]:
    if not settings.TOKEN_KEYS:
        return [Error("TOKEN_KEYS: there is no key to sign tokens with.", hint=_MAKE_ONE, id="users.E001")]
    faults: list[CheckMessage] = []
    for number, key in enumerate(settings.TOKEN_KEYS, start=1):
        if len(key) < SHORTEST_KEY:
            faults.append(
                Error(
                    f"TOKEN_KEYS: key {number} has under {SHORTEST_KEY} characters.",
                    hint=_MAKE_ONE,
                    id="users.E003",
                )
            )
        if key in (settings.SECRET_KEY, *settings.TOKEN_KEYS[: number - 1]):
            faults.append(
                Error(
                    f"TOKEN_KEYS: key {number} is SECRET_KEY, or stands there twice.",
                    hint=_MAKE_ONE,
                    id="users.E004",
                )
            )
    return faults


@register(Tags.security)
def tokens_say_who_issued_them_and_for_whom(
    app_configs: Sequence[AppConfig] | None, **options: Any
) -> list[CheckMessage]:
    if settings.SIMPLE_JWT.get("AUDIENCE") and settings.SIMPLE_JWT.get("ISSUER"):
        return []
    return [
        Error(
            "Tokens name no audience or issuer.",
            hint="SIMPLE_JWT needs AUDIENCE and ISSUER.",
            id="users.E005",
        )
    ]


@register(Tags.security)
def letters_can_be_answered(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """A link with a key must reach us, and nobody on the way may read it."""
    url = urlsplit(settings.PUBLIC_URL)
    if url.scheme == "https" or url.hostname in {"localhost", "127.0.0.1"}:
        return []
    return [
        Error(
            "PUBLIC_URL is not set, or does not start with https://.",
            hint="Set it to where people with browsers find Campanile, as https://campus.example.org.",
            id="users.E006",
        )
    ]


@register()
def profiles_start_in_a_language_we_speak(
    app_configs: Sequence[AppConfig] | None, **options: Any
) -> list[CheckMessage]:
    from apps.users.models import User

    default = User().language
    if default in dict(settings.LANGUAGES):
        return []
    return [
        Error(
            f"New users would get the language {default!r}, which LANGUAGES does not have.",
            hint="Add it to LANGUAGES or change the default of User.language.",
            id="users.E002",
        )
    ]
