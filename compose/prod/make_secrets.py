"""Makes the secrets of compose/prod that can be made up: `python3 -m compose.prod.make_secrets`. Standard library only.

What is there already is left alone, so that it can be run again; what only a person can bring is named at the end.
"""

import base64
import json
import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

FOLDER = Path(__file__).resolve().parent / "secrets"
BROUGHT = {
    "tls_certificate.pem": "the certificate of the host, with its chain",
    "tls_key.pem": "the certificate's private key",
    "google_credential.json": "a service account key of the Firebase project",
}


def make(folder: Path) -> list[str]:
    """Returns the names of the files made.

    Containers see a file with the owner and mode it has here, under user ids this machine does not know, so files are readable to all;
    what keeps them secret is the folder, which only its owner may enter. Docker mounts them past it.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    password = _password(folder)
    values: dict[str, Callable[[], str]] = {
        "postgres_password": lambda: password,
        "database_url": lambda: f"postgresql://campanile:{quote(password, safe='')}@postgres/campanile",
        "secret_key": lambda: secrets.token_urlsafe(48),
        "token_keys": lambda: secrets.token_urlsafe(48),
        "metrics_token": lambda: secrets.token_urlsafe(32),
        "webhook_secrets": lambda: json.dumps({"course-service": [_webhook_secret()]}),
        # Mail ends up in the log until there is a server to send it: smtp+tls://user:password@host
        "email_url": lambda: "console:",
    }
    return [name for name, value in values.items() if _write(folder / name, value)]


def _password(folder: Path) -> str:
    """It stands in two files, which must agree whichever of them was there first."""
    alone, in_url = folder / "postgres_password", folder / "database_url"
    if alone.exists():
        return alone.read_text(encoding="utf-8").strip()
    known = urlsplit(in_url.read_text(encoding="utf-8").strip()).password if in_url.exists() else None
    return unquote(known) if known else secrets.token_urlsafe(32)


def _webhook_secret() -> str:
    """Standard Webhooks 1.0.0: `whsec_` and the base64 of 24 to 64 random bytes."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _write(file: Path, value: Callable[[], str]) -> bool:
    try:
        with file.open("x", encoding="utf-8") as opened:
            opened.write(value() + "\n")
    except FileExistsError:
        return False
    file.chmod(0o444)
    return True


def main() -> int:
    for name in make(FOLDER):
        sys.stdout.write(f"made    {FOLDER / name}\n")
    missing = {name: what for name, what in BROUGHT.items() if not (FOLDER / name).exists()}
    for name, what in missing.items():
        sys.stdout.write(f"MISSING {FOLDER / name}: {what}, mode 0444\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
