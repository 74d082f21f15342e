"""Tokens as somebody else might write them."""

import json
from typing import Any

import jwt
from django.conf import settings
from jwt.utils import base64url_encode

from apps.users.keyring import key_id


def read(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def signed(
    claims: dict[str, Any], *, key: str | None = None, algorithm: str = "HS256", **headers: Any
) -> str:
    """As we would sign it, but for what is asked for."""
    ours: str = settings.TOKEN_KEYS[0]
    return jwt.encode(
        claims, ours if key is None else key, algorithm, headers={"kid": key_id(ours)} | headers
    )


def unsigned(claims: dict[str, Any], *, algorithm: str) -> str:
    parts = ({"typ": "JWT", "alg": algorithm, "kid": key_id(settings.TOKEN_KEYS[0])}, claims)
    return b".".join([*(base64url_encode(json.dumps(part).encode()) for part in parts), b""]).decode()
