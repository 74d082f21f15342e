"""manage.py deliveries: what came, what became of it, and what is done about it. Everything is safe to do twice."""

from argparse import RawDescriptionHelpFormatter
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Count

from apps.courses.differences import told
from apps.webhooks.bodies import Malformed
from apps.webhooks.models import Delivery
from apps.webhooks.models.delivery import DeliveryQuerySet
from apps.webhooks.operators import ledger, text
from apps.webhooks.operators.selection import NotFound, Selection, moment

CHUNK = 500
_HELP = """Lists, shows, replays and skips deliveries, and tells what they change.

A delivery is named by its number, a range of numbers (120..180, 120.., ..180), its public id or its webhook-id (webhook-id:7 for one that
looks like a number). Names and options narrow together. Times are RFC 3339, UTC unless they say otherwise, or ages such as 30m, 2h, 3d.

  list    newest first
  show    everything about the named ones, with body, error and the changes they made
  replay  puts them in the queue again, whatever became of them; guards make that safe, however often
  skip    sets waiting or dead ones aside; replay brings them back
  diff    the changes they made, old -> new; of those not applied, the changes they would make now

Exit status: 0 done, 1 not or not for all of them (the reason is said), 2 wrong usage."""


class Command(BaseCommand):
    help = _HELP

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(
            prog_name, subcommand, **kwargs, formatter_class=RawDescriptionHelpFormatter
        )

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        for action in ("list", "show", "replay", "skip", "diff"):
            command = actions.add_parser(action)
            command.add_argument("names", nargs="*", metavar="DELIVERY")
            command.add_argument("--source", action="append", default=[])
            command.add_argument(
                "--status", action="append", default=[], choices=[str(status) for status in Delivery.Status]
            )
            command.add_argument("--type", action="append", default=[], help="such as course.updated")
            command.add_argument("--since", type=moment, help="received then or later")
            command.add_argument("--until", type=moment, help="received before then")
            if action == "list":
                command.add_argument("--limit", type=int, default=50)
            if action in ("replay", "skip"):
                command.add_argument("--dry-run", action="store_true", help="say what would be done")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        selection = Selection(
            names=options["names"],
            sources=options["source"],
            statuses=options["status"],
            types=options["type"],
            since=options["since"],
            until=options["until"],
        )
        if action != "list" and not selection.narrows():
            raise CommandError(f"{action}: name deliveries, or narrow them down with options.", returncode=2)
        try:
            chosen = selection.deliveries()
        except NotFound as error:
            raise CommandError(str(error)) from error
        match action:
            case "list":
                self._list(chosen, limit=options["limit"])
            case "show":
                self._show(chosen)
            case "diff":
                self._diff(chosen)
            case "replay":
                self._act(
                    chosen,
                    allowed=Delivery.REPLAYABLE,
                    act=DeliveryQuerySet.replay,
                    done="put in the queue again",
                    dry_run=options["dry_run"],
                )
            case "skip":
                self._act(
                    chosen,
                    allowed=Delivery.SKIPPABLE,
                    act=DeliveryQuerySet.skip,
                    done="set aside",
                    dry_run=options["dry_run"],
                )

    def _list(self, chosen: DeliveryQuerySet, *, limit: int) -> None:
        shown = list(chosen.order_by("-id")[: max(limit, 1)])
        self._say(text.table(shown))
        total = chosen.count()
        if total > len(shown):
            self._say([f"The newest {len(shown):,} of {total:,}; --limit shows more."])

    def _show(self, chosen: DeliveryQuerySet) -> None:
        for number, delivery in enumerate(self._one_by_one(chosen)):
            self._say([""] if number else [])
            self._say(text.page(delivery, ledger.recorded(delivery)))

    def _diff(self, chosen: DeliveryQuerySet) -> None:
        failed = 0
        for delivery in self._one_by_one(chosen):
            try:
                self._say(_diff(delivery))
            except (Malformed, ledger.Unknown, ledger.Failed) as error:
                failed += 1
                self._say([f"{_title(delivery)}: cannot be applied: {error}"])
        if failed:
            raise CommandError(f"{failed:,} cannot be applied.")

    def _act(
        self,
        chosen: DeliveryQuerySet,
        *,
        allowed: Sequence[Delivery.Status],
        act: Callable[[DeliveryQuerySet], int],
        done: str,
        dry_run: bool,
    ) -> None:
        statuses = Counter(dict(chosen.order_by().values_list("status").annotate(Count("pk"))))
        refused = {status: n for status, n in statuses.items() if status not in allowed}
        # Chosen before the first is touched: what is done to one may take it out of the selection.
        ids = list(chosen.filter(status__in=allowed).values_list("pk", flat=True))
        if not ids and not refused:
            raise CommandError("No delivery is like that.")
        number = 0
        if not dry_run:
            for start in range(0, len(ids), CHUNK):
                number += act(Delivery.objects.filter(pk__in=ids[start : start + CHUNK]))
                if len(ids) > CHUNK:
                    self.stderr.write(f"{min(start + CHUNK, len(ids)):,} of {len(ids):,}")
        found = ", ".join(f"{n:,} {status}" for status, n in sorted(statuses.items()))
        self._say(
            [f"Would be {done}: {len(ids):,} ({found})." if dry_run else f"{done.capitalize()}: {number:,}."]
        )
        if refused:
            told = ", ".join(f"{n:,} {status}" for status, n in sorted(refused.items()))
            raise CommandError(f"Cannot be {done}: {told}.")
        if not dry_run and number < len(ids):
            raise CommandError(f"Taken by a worker meanwhile: {len(ids) - number:,}.")

    def _one_by_one(self, chosen: DeliveryQuerySet) -> Iterable[Delivery]:
        """With their bodies, which may be too large to hold together."""
        ids = list(chosen.values_list("pk", flat=True))
        if not ids:
            raise CommandError("No delivery is like that.")
        for id in ids:
            yield from Delivery.objects.filter(pk=id).prefetch_related("conflicts")

    def _say(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.stdout.write(text.printable(line))


def _title(delivery: Delivery) -> str:
    return f"{delivery.pk} {delivery.type} {delivery.webhook_id} ({delivery.status})"


def _diff(delivery: Delivery) -> Iterable[str]:
    if delivery.status in (Delivery.Status.PROCESSED, Delivery.Status.IGNORED, Delivery.Status.HELD):
        changed = ledger.recorded(delivery)
        yield f"{_title(delivery)}: {'changed' if changed else 'changed nothing'}"
        yield from text.by_revision(changed)
    else:
        outcome, found = ledger.foreseen(delivery)
        counts = ", ".join(f"{name}: {n}" for name, n in outcome.as_json().items())
        yield f"{_title(delivery)}: would now change{'' if found else ' nothing'} ({counts})"
        yield from (f"  {line}" for line in told(found))
