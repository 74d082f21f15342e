"""OIDC_ISSUERS: who may say who somebody is. docs/social-sign-in.md explains it; every fault is named by provider and field."""

import json
import re
from typing import Any

from apps.users.oidc.issuers import ANY_DOMAIN, KNOWN, Issuer
from apps.users.oidc.urls import acceptable

_PROVIDER = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_DOMAIN = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
_FIELDS = {
    "issuer",
    "audiences",
    "jwks_uri",
    "vouches_for_email",
    "link_by_email",
    "nonce_required",
    "roles",
}
ROLES = ("student", "teacher", "staff", "administrator")


def read_issuers(value: str) -> dict[str, Issuer]:
    try:
        configured = json.loads(value, object_pairs_hook=_without_repeats)
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON: {error}") from error
    if not isinstance(configured, dict):
        raise ValueError('must look like {"google": {"audiences": ["..."]}}')
    issuers = {provider: _issuer(provider, fields) for provider, fields in configured.items()}
    if len({issuer.issuer for issuer in issuers.values()}) < len(issuers):
        raise ValueError("two providers have the same issuer")
    return issuers


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError(f"says something twice among {', '.join(name for name, _ in pairs)}")
    return dict(pairs)


def _issuer(provider: str, fields: Any) -> Issuer:
    if not _PROVIDER.fullmatch(provider):
        raise ValueError(f"{provider!r}: a provider is named by a-z, 0-9 and -")
    if not isinstance(fields, dict):
        raise ValueError(f"{provider}: must be an object")
    if unknown := sorted(fields.keys() - _FIELDS):
        raise ValueError(f"{provider}.{unknown[0]}: is not known; there are {', '.join(sorted(_FIELDS))}")
    known = KNOWN.get(provider)
    try:
        issuer = _url(fields, "issuer", known.issuer if known else "")
        if not issuer:
            raise ValueError("issuer: is needed, as it stands in `iss`")
        overridden = known is None or issuer != known.issuer
        return Issuer(
            provider=provider,
            issuer=issuer,
            audiences=frozenset(_texts(fields.get("audiences"), "audiences")),
            jwks_uri=_url(fields, "jwks_uri", "" if overridden or known is None else known.jwks_uri),
            spellings=frozenset() if overridden or known is None else known.spellings,
            vouches_for_email=_flag(
                fields, "vouches_for_email", default=known is not None and known.vouches_for_email
            ),
            link_by_email=_linking(fields.get("link_by_email", False)),
            nonce_required=_flag(fields, "nonce_required", default=False),
            roles=_roles(fields.get("roles", {})),
        )
    except ValueError as error:
        raise ValueError(f"{provider}.{error}") from error


def _url(fields: dict[str, Any], name: str, default: str) -> str:
    url = fields.get(name, default)
    if url and (not isinstance(url, str) or not acceptable(url, plain=True)):
        raise ValueError(f"{name}: must be an https:// address (http:// on this machine alone)")
    return str(url)


def _texts(value: Any, name: str) -> list[str]:
    if not isinstance(value, list) or not value or not all(isinstance(each, str) and each for each in value):
        raise ValueError(f"{name}: must be a list of one or more texts")
    return value


def _flag(fields: dict[str, Any], name: str, *, default: bool) -> bool:
    value = fields.get(name, default)
    if not isinstance(value, bool):
        raise ValueError(f"{name}: must be true or false")
    return value


def _linking(value: Any) -> frozenset[str]:
    if isinstance(value, bool):
        return frozenset({ANY_DOMAIN} if value else ())
    return frozenset(_domain(each, "link_by_email") for each in _texts(value, "link_by_email"))


def _roles(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ValueError('roles: must look like {"teachers.example.edu": "teacher"}')
    for domain, role in value.items():
        if role not in ROLES:
            raise ValueError(f"roles.{domain}: must be one of {', '.join(ROLES)}")
    return {_domain(domain, "roles"): role for domain, role in value.items()}


def _domain(value: str, name: str) -> str:
    if not _DOMAIN.fullmatch(value.lower()):
        raise ValueError(f"{name}: {value!r} is no domain")
    return value.lower()
