"""manage.py soak: the demo faculty's week against a running system, at a steady rate."""

import os
import secrets as random_bits
import time
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.demo.soak.outcome import Outcome
from apps.demo.soak.sending import Sender
from apps.demo.soak.tally import GOOD, Tally, percentiles
from apps.demo.soak.week import Week
from apps.webhooks.integrating import secret
from apps.webhooks.integrating.client import Client, Unreachable
from apps.webhooks.signatures import key_of


class Command(BaseCommand):
    help = (
        "Plays the demo faculty's week against a running system at a steady rate: signed, retried, counted. The faculty is sent whole before "
        "and after. Where phones are real, silence the source first. Exit status 1 when an event was refused or not applied."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", default=f"http://127.0.0.1:{os.environ.get('PORT', '8000')}")
        parser.add_argument("--rate", type=_positive, default=10.0, help="events a second")
        parser.add_argument("--seconds", type=_positive, default=60.0)
        parser.add_argument("--connections", type=int, default=8)
        parser.add_argument(
            "--patience", type=_positive, default=60.0, help="seconds an event is tried, and waited for"
        )
        parser.add_argument("--seed", type=int, default=1, help="the same seed plays the same week")
        parser.add_argument("--source", default="", help="default: the first of WEBHOOK_SECRETS")
        parser.add_argument(
            "--secret-file", default="", metavar="PATH", help="or WEBHOOK_SECRET, or WEBHOOK_SECRETS"
        )

    def handle(self, *args: Any, url: str, rate: float, seconds: float, **options: Any) -> None:
        source = options["source"] or secret.default_source()
        try:
            key = key_of(secret.find(given="", file=options["secret_file"], source=source)[0])
            client = Client(url=url, source=source, key=key)
        except (secret.NoSecret, ValueError) as error:
            raise CommandError(str(error), returncode=2) from error
        week = Week(name=f"soak-{random_bits.token_hex(4)}", seed=options["seed"], now=timezone.now())
        try:
            self._whole_faculty(client, week)
            tally, took = Tally(), time.monotonic()
            sender = Sender(
                connect=lambda: Client(url=url, source=source, key=key),
                connections=max(1, options["connections"]),
                patience=options["patience"],
                tally=tally,
            )
            sender.send(week.events(timezone.now), rate=rate, seconds=seconds, watch=self._live(tally))
            took = time.monotonic() - took
            outcome = Outcome.of(tally.accepted, client=client, patience=options["patience"])
            self._whole_faculty(client, week)
        except Unreachable as error:
            raise CommandError(f"No answer from {url}: {error}") from error
        finally:
            client.close()
        for row in _table(tally, outcome, took):
            self.stdout.write(row)
        if tally.errors or outcome.statuses.total() != outcome.statuses["processed"]:
            raise CommandError("Not every event was accepted and applied.")

    def _whole_faculty(self, client: Client, week: Week) -> None:
        for event in week.opening(timezone.now()):
            answer = client.post(event.body, id=event.id)
            if answer.status not in (200, 202):
                raise CommandError(
                    f"{event.id}: {answer.status} {answer.body[:300].decode('utf-8', 'replace')}"
                )

    def _live(self, tally: Tally) -> Any:
        """A line a second on a terminal, in one place; every ten seconds elsewhere."""
        terminal = self.stdout.isatty()
        begun = said = time.monotonic()

        def watch() -> None:
            nonlocal said
            now = time.monotonic()
            if now - said >= (1 if terminal else 10):
                said = now
                self.stdout.write(tally.line(now - begun), ending="   \r" if terminal else "\n")
                self.stdout.flush()

        return watch


def _table(tally: Tally, outcome: Outcome, took: float) -> Iterator[str]:
    events = tally.verdicts.total()
    yield f"{events:,} events in {took:.1f} s, {events / took:.1f} a second, {tally.retries:,} retries"
    rows = [(verdict, f"{tally.verdicts[verdict]:,}") for verdict in GOOD]
    rows += [(f"error {verdict}", f"{n:,}") for verdict, n in sorted(tally.errors.items())]
    rows += [(f"of them {status}", f"{n:,}") for status, n in sorted(outcome.statuses.items())]
    for what, values in (("answer", tally.latencies), ("applied after", outcome.lags)):
        rows += [(f"{what} {name}", f"{value * 1000:,.0f} ms") for name, value in percentiles(values)]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        yield f"  {name:<{width}}  {value:>12}"


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < 1e6:
        raise ValueError(f"{text} is not a positive number")
    return number
