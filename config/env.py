"""The environment, parsed once and refused loudly when wrong.

Every variable may also be given as NAME_FILE, the path of a file that holds the value: how Docker and Kubernetes hand over secrets.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from apps.users.oidc.issuers import Issuer
from config.issuers import read_issuers

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Environment:
    """What Campanile takes from outside. Times are seconds."""

    database: dict[str, Any]
    redis_url: str
    secret_key: str
    token_keys: list[str]
    allowed_hosts: list[str]
    public_url: str
    debug: bool
    catalogue_public: bool
    webhook_secrets: dict[str, list[str]]
    oidc_issuers: dict[str, Issuer]
    admin_second_factor: str
    google_application_credentials: str
    firebase_project_id: str
    fcm_emulator_host: str
    fcm_max_per_second: int
    email: dict[str, Any]
    email_from: str
    exam_email_after_hours: int
    settle_seconds: float
    ring_limit: int
    deletion_limit: int
    delivery_retention_days: int
    device_retention_days: int
    trusted_proxies: int
    static_root: str
    metrics_token: str

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Environment":
        """Every fault found is named in one ImproperlyConfigured."""
        reader = _Reader(environ)
        environment = cls(
            database=reader("DATABASE_URL", _database),
            redis_url=reader("REDIS_URL", _redis_url),
            secret_key=reader("SECRET_KEY", _filled),
            token_keys=reader("TOKEN_KEYS", str.split, default=""),
            allowed_hosts=reader("ALLOWED_HOSTS", _words, default="localhost,127.0.0.1,[::1]"),
            public_url=reader("PUBLIC_URL", _public_url, default=""),
            debug=reader("DEBUG", _boolean, default="0"),
            catalogue_public=reader("CATALOGUE_PUBLIC", _boolean, default="1"),
            webhook_secrets=reader("WEBHOOK_SECRETS", _secrets, default="{}"),
            oidc_issuers=reader("OIDC_ISSUERS", read_issuers, default="{}"),
            admin_second_factor=reader("ADMIN_SECOND_FACTOR", _second_factor, default=""),
            google_application_credentials=reader("GOOGLE_APPLICATION_CREDENTIALS", str, default=""),
            firebase_project_id=reader("FIREBASE_PROJECT_ID", str, default=""),
            fcm_emulator_host=reader("FCM_EMULATOR_HOST", str, default=""),
            fcm_max_per_second=reader("FCM_MAX_PER_SECOND", _rate, default="10000"),
            email=reader("EMAIL_URL", _email, default="console:"),
            email_from=reader("EMAIL_FROM", _sender, default="Campanile <campanile@localhost>"),
            exam_email_after_hours=reader("EXAM_EMAIL_AFTER_HOURS", _hours, default="12"),
            settle_seconds=reader("SETTLE_SECONDS", _seconds, default="30"),
            ring_limit=reader("RING_LIMIT", _count, default="2000"),
            deletion_limit=reader("DELETION_LIMIT", _percent, default="20"),
            delivery_retention_days=reader("DELIVERY_RETENTION_DAYS", _days, default="90"),
            device_retention_days=reader("DEVICE_RETENTION_DAYS", _days, default="180"),
            trusted_proxies=reader("TRUSTED_PROXIES", _count, default="0"),
            static_root=reader("STATIC_ROOT", str, default="static"),
            metrics_token=reader("METRICS_TOKEN", str, default=""),
        )
        reader.raise_faults()
        return environment


class _Reader:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.faults: list[str] = []

    def __call__(self, name: str, parse: Callable[[str], T], *, default: str | None = None) -> T:
        try:
            return parse(self._text(name, default))
        except (ValueError, OSError, ProgrammingError) as error:
            self.faults.append(f"{name}: {error}")
            return None  # type: ignore[return-value]  # never used: raise_faults() follows

    def _text(self, name: str, default: str | None) -> str:
        if path := self.environ.get(f"{name}_FILE"):
            return Path(path).read_text(encoding="utf-8").strip()
        value = self.environ.get(name) or default
        if value is None:
            raise ValueError("is not set; `make run` sets it for you, a deployment must")
        return value

    def raise_faults(self) -> None:
        if self.faults:
            raise ImproperlyConfigured("\n".join(["The environment is wrong.", *self.faults]))


def _filled(value: str) -> str:
    if len(value) < 32:
        raise ValueError("must have at least 32 characters")
    return value


def _words(value: str) -> list[str]:
    return [word.strip() for word in value.split(",") if word.strip()]


def _public_url(value: str) -> str:
    """Without a slash at its end; empty when it is not set."""
    url = urlsplit(value)
    if value and (url.scheme not in {"http", "https"} or not url.hostname or url.query or url.fragment):
        raise ValueError("must look like https://campus.example.org")
    return value.rstrip("/")


def _boolean(value: str) -> bool:
    match value.lower():
        case "1" | "true" | "yes" | "on":
            return True
        case "0" | "false" | "no" | "off":
            return False
    raise ValueError(f"{value!r} is neither 1 nor 0")


def _second_factor(value: str) -> str:
    if value not in {"", "required", "optional"}:
        raise ValueError(f"{value!r} is neither required nor optional")
    return value


def _seconds(value: str) -> float:
    seconds = float(value)
    if not 0 <= seconds <= 86_400:
        raise ValueError("must be between 0 and 86400 seconds")
    return seconds


def _count(value: str) -> int:
    if not value.isascii() or not value.isdecimal():
        raise ValueError(f"{value!r} is not a whole number")
    return int(value)


def _rate(value: str) -> int:
    if not 1 <= (rate := _count(value)) <= 1_000_000:
        raise ValueError("must be between 1 and 1000000 a second")
    return rate


def _percent(value: str) -> int:
    if _count(value) > 100:
        raise ValueError("must be between 0 and 100 per cent")
    return int(value)


def _days(value: str) -> int:
    if not 1 <= (days := _count(value)) <= 36_500:
        raise ValueError("must be between 1 and 36500 days")
    return days


def _hours(value: str) -> int:
    if _count(value) > 168:
        raise ValueError("must be between 0 and 168 hours")
    return int(value)


def _sender(value: str) -> str:
    """An address, with or without a name before it."""
    _, address = parseaddr(value)
    name, _, host = address.rpartition("@")
    if not name or not host or not value.isprintable():
        raise ValueError("must look like Campanile <campanile@campus.example.org>")
    return value


def _database(value: str) -> dict[str, Any]:
    """libpq's own parser, so that sockets, several hosts and options work as psql takes them."""
    parts = conninfo_to_dict(value)
    known = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    database: dict[str, Any] = {setting: str(parts.pop(key, "") or "") for key, setting in known.items()}
    if not database["NAME"]:
        raise ValueError("names no database")
    return database | {"OPTIONS": {key: option for key, option in parts.items() if option is not None}}


def _redis_url(value: str) -> str:
    if urlsplit(value).scheme not in {"redis", "rediss", "unix"}:
        raise ValueError("must start with redis://, rediss:// or unix://")
    return value


def _secrets(value: str) -> dict[str, list[str]]:
    """A JSON object of source slugs to lists of secrets. Their strength is a system check."""
    try:
        secrets = json.loads(value)
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON: {error}") from error
    if not isinstance(secrets, dict) or not all(
        isinstance(keys, list) and all(isinstance(key, str) for key in keys) for keys in secrets.values()
    ):
        raise ValueError('must look like {"course-service": ["whsec_..."]}')
    return secrets


def _email(value: str) -> dict[str, Any]:
    """smtp://, smtps:// (implicit TLS), smtp+tls:// (STARTTLS), file:///folder or console:, as Django's EMAIL_ settings."""
    url = urlsplit(value)
    backend = "django.core.mail.backends."
    if url.scheme == "console":
        return {"EMAIL_BACKEND": f"{backend}console.EmailBackend"}
    if url.scheme == "file":
        return {"EMAIL_BACKEND": f"{backend}filebased.EmailBackend", "EMAIL_FILE_PATH": unquote(url.path)}
    if url.scheme not in {"smtp", "smtps", "smtp+tls"} or not url.hostname:
        raise ValueError(
            "must start with smtp://host, smtps://host, smtp+tls://host, file:///folder or console:"
        )
    return {
        "EMAIL_BACKEND": f"{backend}smtp.EmailBackend",
        "EMAIL_HOST": url.hostname,
        "EMAIL_PORT": url.port or {"smtp": 25, "smtps": 465, "smtp+tls": 587}[url.scheme],
        "EMAIL_HOST_USER": unquote(url.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(url.password or ""),
        "EMAIL_USE_SSL": url.scheme == "smtps",
        "EMAIL_USE_TLS": url.scheme == "smtp+tls",
        "EMAIL_TIMEOUT": 10,
    }
