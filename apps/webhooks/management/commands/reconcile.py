"""manage.py reconcile: whether what is stored is what the source has, and how to get there."""

import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.courses.differences import told
from apps.courses.moments import parse_datetime
from apps.webhooks.bodies import Malformed
from apps.webhooks.exports import Export, read_export
from apps.webhooks.management.own import follow
from apps.webhooks.own_deliveries import deliver
from apps.webhooks.reconciling import CHUNK, compare, events_for, not_compared

MOST_BYTES = 512 * 1024 * 1024
TIMEOUT = 60


class Command(BaseCommand):
    help = (
        "Compares what is stored of a source with its full export: JSON with terms and courses, a snapshot, or events (docs/how-to/"
        "add-a-source.md). What staff have set is left alone. Exit status: 0 the same, 1 different, 2 not to be compared."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("export", metavar="FILE|URL", help="- reads standard input")
        parser.add_argument("--source", required=True)
        parser.add_argument(
            "--term", action="append", default=[], help="only these of the terms in the export"
        )
        parser.add_argument(
            "--apply", action="store_true", help="bring what is stored to where the export says"
        )
        parser.add_argument("--silent", action="store_true", help="ring no phone")
        parser.add_argument("--as-of", metavar="RFC3339", help="when the export was made, if it does not say")
        parser.add_argument(
            "--header", action="append", default=[], metavar="NAME: VALUE", help="to ask the URL with"
        )
        parser.add_argument("--wait", type=float, default=60, help="seconds to wait for the worker (60)")

    def handle(self, *args: Any, source: str, **options: Any) -> None:
        try:
            raw, at = _fetched(options["export"], options["header"])
            at = parse_datetime(options["as_of"]) if options["as_of"] else at
            export = read_export(source, raw, at=at)
        except (OSError, ValueError) as error:
            raise CommandError(f"{options['export']}: {error}", returncode=2) from error
        except Malformed as malformed:
            faults = "\n".join(f"{fault.pointer or 'body'}: {fault.detail}" for fault in malformed.faults)
            raise CommandError(f"Not an export we understand:\n{faults}", returncode=2) from malformed
        terms = export.covers() & set(options["term"] or export.covers())
        different = self._report(source, export, terms)
        if different and options["apply"]:
            events = events_for(export, different)
            follow(
                deliver(source, events, silenced=options["silent"]),
                patience=options["wait"],
                say=self.stdout.write,
            )
            if left := {term for term, _, _ in compare(source, export, terms=different)}:
                raise CommandError(
                    f"Still different: {', '.join(sorted(left))}. What is stored is newer, or waits."
                )
            return
        if different:
            sys.exit(1)

    def _report(self, source: str, export: Export, terms: set[str]) -> set[str]:
        """The terms in which something differs."""
        sides: Counter[str] = Counter()
        different: set[str] = set()
        for term, side, difference in compare(source, export, terms=terms, say=self._progress):
            self.stdout.write(f"{side}:")
            for line in told([difference]):
                self.stdout.write(f"  {line}")
            sides[side] += 1
            different.add(term)
        for term in not_compared(source, terms):
            self.stdout.write(f"Not compared, since the export does not speak of it: {term}")
        summary = ", ".join(f"{side} {number:,}" for side, number in sides.items()) or "no difference"
        courses = sum(course["term"] in terms for course in export.courses.values())
        self.stdout.write(
            f"{len(terms):,} terms and {courses:,} courses compared, as of {export.at.isoformat()}: {summary}."
        )
        return different

    def _progress(self, done: int, total: int) -> None:
        if total > CHUNK:
            self.stderr.write(f"{done:,} of {total:,} compared")


def _fetched(place: str, headers: list[str]) -> tuple[bytes, datetime]:
    """The bytes, and when they were as they are: a file when it was written, an address when it was asked."""
    now = timezone.now()
    if place == "-":
        return _bounded(sys.stdin.buffer), now
    if not place.startswith(("http://", "https://")):
        with Path(place).open("rb") as file:
            return _bounded(file), datetime.fromtimestamp(Path(place).stat().st_mtime, UTC)
    pairs = dict(header.split(":", 1) for header in headers)
    request = Request(place, headers={name: value.strip() for name, value in pairs.items()})  # noqa: S310  # of the two schemes above
    try:
        with urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310  # as above
            return _bounded(answer), now
    except URLError as error:
        raise OSError(str(error)) from error


def _bounded(stream: Any) -> bytes:
    raw: bytes = stream.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise ValueError(f"has more than {MOST_BYTES:,} bytes")
    return raw
