"""The signing keys of each source, from WEBHOOK_SECRETS."""

from functools import lru_cache

from django.conf import settings

from apps.webhooks.signatures import key_of


def keys_for(source: str) -> tuple[bytes, ...]:
    """Every active key; none for a source we do not know. Weak or odd secrets have stopped the process at start (checks.py)."""
    return _keys(tuple(settings.WEBHOOK_SECRETS.get(source, ())))


@lru_cache(maxsize=64)
def _keys(secrets: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(key_of(secret) for secret in secrets)
