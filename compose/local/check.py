"""Everything that can be said about the code without using it: all steps run, a table at the end says how each went.

python -m compose.local.check [words...] runs only the steps whose name holds one of the words.
"""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from compose.local.console import say
from compose.local.environment import ROOT, development_environment, new_webhook_secret
from compose.local.refusal import Refusal
from compose.local.services import Services, embedded_services

LINT_IMPORTS = "from importlinter.cli import lint_imports_command; lint_imports_command()"


@dataclass(frozen=True)
class Step:
    name: str
    argv: list[str]
    environ: Mapping[str, str]

    def run(self) -> tuple[bool, float]:
        """Whether it went well and the seconds it took; its output is shown only if it did not."""
        began = time.monotonic()
        environ = {**os.environ, **self.environ}
        done = subprocess.run(
            self.argv, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
        if done.returncode:
            say(f"\n--- {self.name}\n{done.stdout.decode(errors='replace').rstrip()}\n")
        return done.returncode == 0, time.monotonic() - began


def steps(*, development: Mapping[str, str], production: Mapping[str, str], scratch: Path) -> list[Step]:
    def module(name: str, *arguments: str | Path) -> Step:
        return Step(name, [sys.executable, "-m", *map(str, arguments)], development)

    def manage(name: str, *arguments: str, environ: Mapping[str, str] = development) -> Step:
        return Step(name, [sys.executable, "manage.py", *arguments], environ)

    schema = str(scratch / "openapi.yaml")
    return [
        module("format", "ruff", "format", "--check", "."),
        module("lint", "ruff", "check", "."),
        module("types", "mypy", "."),
        Step("layers", [sys.executable, "-c", LINT_IMPORTS], development),
        manage("migrations", "makemigrations", "--check", "--dry-run"),
        manage("deployment", "check", "--deploy", "--fail-level", "WARNING", environ=production),
        manage("schema is valid", "spectacular", "--validate", "--fail-on-warn", "--file", schema),
        # When it is meant to differ: make manage ARGS="spectacular --file docs/openapi.yaml"
        Step(
            "schema is docs/openapi.yaml",
            ["git", "diff", "--no-index", "--exit-code", "docs/openapi.yaml", schema],
            {},
        ),
        module("translations", "compose.local.translations", "--check"),
        module("compose files", "compose.validate"),
        module("dependencies", "deptry", "."),
    ]


def production_environment(services: Services, scratch: Path) -> dict[str, str]:
    """Complete and harmless: what a deployment must set, and nothing that a developer may have set."""
    credential = scratch / "credential.json"
    credential.write_text("{}")
    values = {
        "DJANGO_SETTINGS_MODULE": "config.settings.prod",
        "DATABASE_URL": services.database_url,
        "REDIS_URL": services.redis_url,
        "SECRET_KEY": secrets.token_urlsafe(48),
        "TOKEN_KEYS": secrets.token_urlsafe(48),
        "ALLOWED_HOSTS": "campanile.example",
        "PUBLIC_URL": "https://campanile.example",
        "WEBHOOK_SECRETS": json.dumps({"course-service": [new_webhook_secret()]}),
        "GOOGLE_APPLICATION_CREDENTIALS": str(credential),
        "FIREBASE_PROJECT_ID": "campanile-example",
        "EMAIL_URL": "smtp://mail.campanile.example",
        "EMAIL_FROM": "Campanile <campanile@campanile.example>",
        "FCM_EMULATOR_HOST": "",
        "DEBUG": "",
    }
    return values | {f"{name}_FILE": "" for name in values}


def main() -> int:
    wanted = sys.argv[1:]
    with TemporaryDirectory(prefix="campanile-check-") as folder:
        scratch = Path(folder)
        with embedded_services(scratch, durable=False) as services:
            development = development_environment({}, data=scratch, port=8000, services=services)
            production = production_environment(services, scratch)
            chosen = [
                step
                for step in steps(development=development, production=production, scratch=scratch)
                if not wanted or any(word in step.name for word in wanted)
            ]
            results = [(step, *_announced(step)) for step in chosen]
    say(
        "\n"
        + "\n".join(
            f"  {'ok' if good else 'FAILED':8}{step.name:32}{took:6.1f} s" for step, good, took in results
        )
    )
    return 0 if results and all(good for _, good, _ in results) else 1


def _announced(step: Step) -> tuple[bool, float]:
    say(f"{step.name} ...")
    return step.run()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Refusal as refusal:
        sys.exit(f"\n{refusal}")
