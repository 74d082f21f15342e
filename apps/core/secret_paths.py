"""Paths that carry a secret, and what of them may be written down."""

from django.conf import settings


def public_path(path: str) -> str:
    """The path, cut where the secret begins (SECRET_PATH_PREFIXES in the settings)."""
    for prefix in settings.SECRET_PATH_PREFIXES:
        if path.startswith(prefix):
            return f"{prefix}…"
    return path
