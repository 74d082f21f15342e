"""manage.py import_timetable: a faculty's files into the catalogue, by the way every webhook takes."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.core.tables.faults import Refused
from apps.core.tables.reading import MOST_BYTES
from apps.courses.differences import told
from apps.courses.models.sourced import Json
from apps.webhooks.management.own import follow
from apps.webhooks.own_deliveries import deliver, foresee
from apps.webhooks.tables.importing import Import, NotForFiles, check_source, prepare
from apps.webhooks.tables.terms import period


class Command(BaseCommand):
    help = (
        "Imports a timetable and an exam list (CSV, see docs/how-to/import-a-timetable.md). The files are all there is of the term: courses "
        "they leave out are removed. A file that is not given leaves what is stored of it alone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "timetable", nargs="?", metavar="FILE", help="the timetable; - reads standard input"
        )
        parser.add_argument("--exams", metavar="FILE", help="the exam list")
        parser.add_argument("--source", required=True, help="slug of the faculty, such as raf")
        parser.add_argument("--term", required=True, help="id of the term, such as 2026-autumn")
        parser.add_argument(
            "--dry-run", action="store_true", help="show what would change, and change nothing"
        )
        parser.add_argument("--silent", action="store_true", help="ring no phone")
        parser.add_argument("--force", action="store_true", help="also for a source that posts webhooks")
        parser.add_argument("--wait", type=float, default=60, help="seconds to wait for the worker (60)")
        new = parser.add_argument_group("a new term, or one to be told anew")
        new.add_argument("--term-name")
        new.add_argument("--starts-on", metavar="YYYY-MM-DD")
        new.add_argument("--ends-on", metavar="YYYY-MM-DD")
        new.add_argument("--time-zone", metavar="ZONE", help="such as Europe/Belgrade")
        new.add_argument(
            "--period",
            action="append",
            default=[],
            metavar="KIND,FIRST,LAST[,NAME]",
            help="teaching, exams or holiday; may be given several times",
        )

    def handle(self, *args: Any, source: str, silent: bool, dry_run: bool, **options: Any) -> None:
        try:
            if not options["force"]:
                check_source(source)
            prepared = prepare(
                source=source,
                term=options["term"],
                new_term=_new_term(options),
                timetable=_bytes(options["timetable"]),
                exams=_bytes(options["exams"]),
            )
        except NotForFiles as error:
            raise CommandError(f"{error} --force imports all the same.") from error
        except Refused as refused:
            more = refused.total - len(refused.faults)
            rest = f"\n… and {more:,} more" if more else ""
            raise CommandError(f"Nothing was imported.\n{refused}{rest}") from refused
        self._introduce(prepared)
        events = prepared.events(timezone.now())
        if dry_run:
            foreseen = foresee(source, events)
            for line in told(foreseen.differences):
                self.stdout.write(line)
            rings = "" if silent else f" Up to {foreseen.phones:,} phones would ring."
            self.stdout.write(f"Would change: {len(foreseen.differences):,} courses or terms.{rings}")
            return
        follow(deliver(source, events, silenced=silent), patience=options["wait"], say=self.stdout.write)

    def _introduce(self, prepared: Import) -> None:
        entries = sum(len(course["entries"]) for course in prepared.courses)
        exams = sum(len(course["exams"]) for course in prepared.courses)
        self.stdout.write(f"{len(prepared.courses):,} courses with {entries:,} entries and {exams:,} exams.")
        for column in prepared.unread:
            self.stdout.write(f"Not read: {column}")


def _bytes(path: str | None) -> bytes | None:
    """At most one byte more than is allowed, so that a file of any size is refused and not loaded."""
    if path is None:
        return None
    if path == "-":
        return sys.stdin.buffer.read(MOST_BYTES + 1)
    try:
        with Path(path).open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error


def _new_term(options: Json) -> Json | None:
    facts = {
        "name": options["term_name"],
        "starts_on": options["starts_on"],
        "ends_on": options["ends_on"],
        "time_zone": options["time_zone"],
    }
    if not any(facts.values()) and not options["period"]:
        return None
    try:
        return facts | {"periods": [period(line) for line in options["period"]]}
    except ValueError as error:
        raise CommandError(f"--period: {error}") from error
