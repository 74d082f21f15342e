"""A source without a sound secret stops the process at start, not its first delivery at midnight."""

import re
from collections.abc import Sequence
from typing import Any

from django.apps.config import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from apps.webhooks.signatures import key_of

_HINT = 'Set WEBHOOK_SECRETS to a JSON object such as {"course-service": ["whsec_<base64 of 24 to 64 random bytes>"]}.'


@register()
def webhook_secrets(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    if not settings.WEBHOOK_SECRETS:
        return [Error("No source may post webhooks.", hint=_HINT, id="webhooks.E001")]
    return [
        error for source, secrets in settings.WEBHOOK_SECRETS.items() for error in _faults(source, secrets)
    ]


def _faults(source: str, secrets: Sequence[str]) -> list[CheckMessage]:
    if not re.fullmatch(r"[a-z0-9-]{1,64}", source):
        return [
            Error(f"The source {source!r} is not a slug.", hint="Use a-z, 0-9 and -.", id="webhooks.E002")
        ]
    if not secrets:
        return [Error(f"The source {source} has no secret.", hint=_HINT, id="webhooks.E003")]
    found: list[CheckMessage] = []
    for number, secret in enumerate(secrets, start=1):
        try:
            key_of(secret)
        except ValueError as error:
            found.append(
                Error(f"Secret {number} of the source {source} {error}.", hint=_HINT, id="webhooks.E004")
            )
    return found
