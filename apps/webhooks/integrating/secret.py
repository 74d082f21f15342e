"""Where the secret of a source is taken from. A command line can be read by everybody on the machine, so it is not the only way."""

import os
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

from apps.webhooks.signatures import key_of


class NoSecret(Exception):
    """None is given, or it is not one."""


def find(*, given: str, file: str, source: str) -> Sequence[str]:
    """The active secrets, the one to sign with first: as given, in the file, in WEBHOOK_SECRET, or the source's of WEBHOOK_SECRETS."""
    try:
        text = given or (Path(file).read_text(encoding="utf-8").strip() if file else "")
    except OSError as error:
        raise NoSecret(f"--secret-file: {error}") from error
    text = text or os.environ.get("WEBHOOK_SECRET", "")
    secrets = [text] if text else settings.WEBHOOK_SECRETS.get(source, [])
    if not secrets:
        raise NoSecret(
            f"No secret for {source!r}: set WEBHOOK_SECRET, or give --secret-file, or name a source of WEBHOOK_SECRETS."
        )
    for secret in secrets:
        try:
            key_of(secret)
        except ValueError as error:
            raise NoSecret(f"The secret {error}.") from error
    return secrets


def default_source() -> str:
    """The first that WEBHOOK_SECRETS names."""
    return next(iter(settings.WEBHOOK_SECRETS), "")
