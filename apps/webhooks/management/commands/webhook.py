"""manage.py webhook: for those who teach a course service to send."""

import json
import os
import sys
import time
from argparse import ArgumentTypeError, RawDescriptionHelpFormatter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.webhooks.integrating import captured, secret
from apps.webhooks.integrating.client import Answer, Client, Unreachable, new_id, signed_headers
from apps.webhooks.integrating.diagnosis import diagnose
from apps.webhooks.operators.selection import moment
from apps.webhooks.operators.text import printable
from apps.webhooks.signatures import key_of

POLL_SECONDS = 0.1
_HELP = """Signs, verifies and sends webhooks (Standard Webhooks 1.0.0). FILE may be - for standard input.

  sign FILE             print the three headers for a body
  verify HEADERS [FILE] say what is wrong with a request that was captured; without FILE the body follows the headers after an empty line
  send FILE             post a body, print the answer; with --follow wait for what becomes of it

The secret is, in this order: --secret (others on this machine can read it there), --secret-file, the variable WEBHOOK_SECRET, or what
WEBHOOK_SECRETS says of the source. Exit status: 0 well, 1 not (the reason is said), 2 wrong usage."""


class Command(BaseCommand):
    help = _HELP
    requires_system_checks = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(
            prog_name, subcommand, **kwargs, formatter_class=RawDescriptionHelpFormatter
        )

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        sign, verify, send = (actions.add_parser(action) for action in ("sign", "verify", "send"))
        for command in (sign, verify, send):
            command.add_argument("--source", default="", help="default: the first of WEBHOOK_SECRETS")
            command.add_argument("--secret", default="", help="whsec_...")
            command.add_argument("--secret-file", default="", metavar="PATH")
        for command in (sign, send):
            command.add_argument("body", metavar="FILE")
            command.add_argument("--id", type=_id, default="", help="the webhook-id; default: a new one")
        sign.add_argument("--timestamp", type=int, help="seconds since 1970; default: now")
        verify.add_argument("headers", metavar="HEADERS")
        verify.add_argument("body", metavar="FILE", nargs="?", default="")
        verify.add_argument("--at", type=moment, help="when it came (RFC 3339); default: now")
        send.add_argument("--url", default=f"http://127.0.0.1:{os.environ.get('PORT', '8000')}")
        send.add_argument(
            "--follow", action="store_true", help="wait until it is applied, and say how it went"
        )
        send.add_argument("--patience", type=float, default=60, metavar="SECONDS", help="of --follow")

    def handle(self, *args: Any, action: str, source: str, **options: Any) -> None:
        source = source or secret.default_source()
        try:
            secrets = secret.find(given=options["secret"], file=options["secret_file"], source=source)
        except secret.NoSecret as error:
            raise CommandError(str(error), returncode=2) from error
        match action:
            case "sign":
                self._sign(key_of(secrets[0]), **options)
            case "verify":
                self._verify(secrets, **options)
            case "send":
                self._send(key_of(secrets[0]), source, **options)

    def _sign(self, key: bytes, *, body: str, id: str, timestamp: int | None, **_: Any) -> None:
        headers = signed_headers(
            key=key,
            id=id or new_id(),
            timestamp=int(time.time()) if timestamp is None else timestamp,
            body=_read(body),
        )
        for name, value in headers.items():
            self.stdout.write(f"{name}: {value}")

    def _verify(self, secrets: Any, *, headers: str, body: str, at: datetime | None, **_: Any) -> None:
        try:
            request = captured.read(_read(headers))
        except captured.Unreadable as error:
            raise CommandError(f"{headers}: {error}", returncode=2) from error
        raw = _read(body) if body else request.body or b""
        now = at or datetime.now(UTC)
        if faults := diagnose(secrets=secrets, headers=request.headers, body=raw, now=now):
            raise CommandError(printable("\n".join(["It would be refused.", *faults])))
        self.stdout.write(f"Authentic: signed over these {len(raw):,} bytes, and in time.")

    def _send(
        self,
        key: bytes,
        source: str,
        *,
        body: str,
        id: str,
        url: str,
        follow: bool,
        patience: float,
        **_: Any,
    ) -> None:
        raw, id = _read(body), id or new_id()
        try:
            client = Client(url=url, source=source, key=key)
        except ValueError as error:
            raise CommandError(f"--url: {error}", returncode=2) from error
        try:
            answer = client.post(raw, id=id)
            self._print(f"{id}: {answer.status} after {answer.seconds * 1000:.0f} ms", answer)
            delivery = answer.json().get("delivery", "")
            if not 200 <= answer.status < 300 or not delivery:
                raise CommandError("It was not accepted.")
            if follow:
                self._follow(client, delivery, patience)
        except Unreachable as error:
            raise CommandError(f"No answer from {url}: {error}\nSend it again with --id {id}.") from error
        finally:
            client.close()

    def _follow(self, client: Client, delivery: str, patience: float) -> None:
        begun = time.monotonic()
        while True:
            answer = client.status(delivery)
            state = answer.json().get("status", "")
            waited = time.monotonic() - begun
            if answer.status != 200 or state != "pending" or waited > patience:
                break
            time.sleep(POLL_SECONDS)
        self._print(f"{delivery}: {state or answer.status} after {waited:.1f} s", answer)
        if state not in ("processed", "ignored"):
            raise CommandError(
                "It was not applied." if state != "pending" else f"It still waits after {patience:.0f} s."
            )

    def _print(self, title: str, answer: Answer) -> None:
        self.stdout.write(title)
        shown = json.dumps(answer.json(), indent=2, ensure_ascii=False) if answer.json() else ""
        self.stdout.write(printable(shown or answer.body[:2000].decode("utf-8", "replace")))


def _id(text: str) -> str:
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ArgumentTypeError(f"{text!r} cannot stand in a header")
    return text


def _read(path: str) -> bytes:
    """The very bytes."""
    try:
        return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}", returncode=2) from error
