"""The environment of a local system: what is set already wins, the rest get development values.

It is recorded in DATA_DIR/run.json, so that commands beside a running system find the same services and secrets.
"""

import base64
import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from compose.local import ports
from compose.local.files import keep_secret, write_private
from compose.local.services import Services, read

ROOT = Path(__file__).resolve().parents[2]
SOURCE = "course-service"


def data_dir(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("DATA_DIR") or ROOT / ".local").expanduser().resolve()


def development_environment(
    environ: Mapping[str, str], *, data: Path, port: int, services: Services
) -> dict[str, str]:
    """Everything our processes need beyond what they inherit anyway."""
    values = {"PORT": str(port), "DATA_DIR": str(data), "PYTHONUNBUFFERED": "1"}
    values |= {
        name: environ.get(name) or value
        for name, value in {
            "DJANGO_SETTINGS_MODULE": "config.settings.dev",
            "FIREBASE_PROJECT_ID": "demo-campanile",
            "SETTLE_SECONDS": "0",
        }.items()
    }
    mail = data / "mail"
    for name, value in {
        "DATABASE_URL": services.database_url,
        "REDIS_URL": services.redis_url,
        "SECRET_KEY": keep_secret(data / "secret_key", lambda: secrets.token_urlsafe(48)),
        "WEBHOOK_SECRETS": json.dumps({SOURCE: [keep_secret(data / "webhook_secret", new_webhook_secret)]}),
        "EMAIL_URL": mail.as_uri(),
    }.items():
        if not environ.get(f"{name}_FILE"):
            values[name] = environ.get(name) or value
    if values.get("EMAIL_URL") == mail.as_uri():
        mail.mkdir(mode=0o700, exist_ok=True)
    if needs_emulator(environ):
        values["FCM_EMULATOR_HOST"] = f"{ports.LOOPBACK}:{ports.any_free()}"
    return values


def needs_emulator(environ: Mapping[str, str]) -> bool:
    return not environ.get("FCM_EMULATOR_HOST") and not read(environ, "GOOGLE_APPLICATION_CREDENTIALS")


def new_webhook_secret() -> str:
    """Standard Webhooks 1.0.0: `whsec_` and the base64 of 24 to 64 random bytes."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


@dataclass(frozen=True)
class Record:
    """A running system, as told to those who come later."""

    pid: int
    url: str
    environ: dict[str, str]

    def write(self, data: Path) -> None:
        write_private(data / "run.json", json.dumps(vars(self), indent=2) + "\n")

    @classmethod
    def read(cls, data: Path) -> "Record | None":
        with suppress(FileNotFoundError):
            return cls(**json.loads((data / "run.json").read_text()))
        return None

    @staticmethod
    def forget(data: Path) -> None:
        (data / "run.json").unlink(missing_ok=True)

    def merged(self) -> dict[str, str]:
        """The system's environment goes over the caller's, so that both speak to the same services."""
        return {**os.environ, **self.environ}
