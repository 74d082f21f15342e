"""The keys of tokens: the first of TOKEN_KEYS signs, and each verifies the tokens whose header names it (`kid`, RFC 7515, 4.1.4)."""

import hashlib

from django.conf import settings

SHORTEST_KEY = 32


def key_id(key: str) -> str:
    """Names a key without giving it away: it has 32 random characters or more."""
    return hashlib.sha256(f"campanile token key {key}".encode()).hexdigest()[:16]


def signing_key() -> str:
    key: str = settings.TOKEN_KEYS[0]
    return key


def verifying_key(name: object) -> str | None:
    return next((key for key in settings.TOKEN_KEYS if key_id(key) == name), None)
