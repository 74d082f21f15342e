from collections.abc import Sequence
from email.utils import parseaddr
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.security, deploy=True)
def letters_have_a_sender(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """Servers refuse what comes from nowhere, and the domain is also that of each Message-ID."""
    _, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    if not settings.EMAIL_BACKEND.endswith(".smtp.EmailBackend") or not address.endswith("@localhost"):
        return []
    return [
        Error(
            "Letters are sent as campanile@localhost.",
            hint="Set EMAIL_FROM, as Campanile <campanile@campus.example.org>.",
            id="mail.E001",
        )
    ]
