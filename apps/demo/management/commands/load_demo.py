from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from apps.courses.models import Course
from apps.demo.loading import SOURCE, NotApplied, demo_deliveries, load_catalogue
from apps.demo.people import PASSWORD, STAFF, STUDENT, create_people, people_exist


class Command(BaseCommand):
    help = (
        "Loads the invented faculty, its terms laid around today, with students who follow it and own phones."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing when there is a catalogue")

    def handle(self, *args: Any, if_empty: bool, **options: Any) -> None:
        if if_empty and not self._is_needed():
            self.stdout.write("Demo faculty: there is a catalogue already, nothing to load.")
            return
        self.stdout.write("Demo faculty, as signed deliveries would bring it:")
        try:
            load_catalogue(now=timezone.now(), say=lambda line: self.stdout.write(f"  {line}"))
        except NotApplied as error:
            raise CommandError(str(error)) from error
        with transaction.atomic():
            people = create_people(source=SOURCE)
        self.stdout.write(f"  {people} people, with enrolments and phones")
        self.stdout.write(f"Sign in as {STUDENT} or {STAFF}, password {PASSWORD}")

    def _is_needed(self) -> bool:
        """Nothing is here yet, or a first load was cut short: the people come last, in one transaction."""
        return not people_exist() and (demo_deliveries().exists() or not Course.objects.exists())
