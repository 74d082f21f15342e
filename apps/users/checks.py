from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.security)
def tokens_have_their_own_key(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """simplejwt would sign with SECRET_KEY, and check neither who issued a token nor for whom."""
    chosen = settings.SIMPLE_JWT
    if (
        chosen.get("SIGNING_KEY") not in (None, "", settings.SECRET_KEY)
        and chosen.get("AUDIENCE")
        and chosen.get("ISSUER")
    ):
        return []
    return [
        Error(
            "Tokens are not signed with a key of their own, or name no audience or issuer.",
            hint="SIMPLE_JWT needs SIGNING_KEY (not SECRET_KEY itself), AUDIENCE and ISSUER.",
            id="users.E001",
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
