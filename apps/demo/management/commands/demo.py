import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.demo.failure import Failed
from apps.demo.narrator import Narrator
from apps.demo.story import play
from apps.demo.wire import Peer, Unreachable


class Command(BaseCommand):
    help = "Plays the main job against the running system: a signed webhook in, the API new, the phone rung."

    def add_arguments(self, parser: CommandParser) -> None:
        port = os.environ.get("PORT", "8000")
        parser.add_argument("--url", default=f"http://127.0.0.1:{port}", help="where the system answers")

    def handle(self, *args: Any, url: str, **options: Any) -> None:
        if not settings.FCM_EMULATOR_HOST:
            raise CommandError("Messages go to real phones here; the demo needs FCM_EMULATOR_HOST.")
        narrator = Narrator(self.stdout.write)
        phones = Peer(f"http://{settings.FCM_EMULATOR_HOST}")
        try:
            play(server=Peer(url), phones=phones, narrator=narrator)
        except Unreachable as error:
            raise CommandError(f"{error}\nStart the system first: make run") from error
        except Failed as error:
            raise CommandError(f"The demo failed: {error}") from error
