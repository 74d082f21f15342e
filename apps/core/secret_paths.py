"""Paths that carry a secret, and what of them may be written down."""

from django.conf import settings

_PREFIXES = tuple(settings.SECRET_PATH_PREFIXES)


def public_path(path: str) -> str:
    """The path, cut where the secret begins (SECRET_PATH_PREFIXES in the settings)."""
    if not path.startswith(_PREFIXES):
        return path
    return next(f"{prefix}…" for prefix in _PREFIXES if path.startswith(prefix))
