import signal
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string

from apps.core.worker import Worker, spare_collector


class Command(BaseCommand):
    help = "Processes deliveries, expands change sets and sends pushes until SIGTERM or SIGINT."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--lanes",
            default="",
            help=f"comma-separated, of: {', '.join(settings.WORKER_LANES)} (default: all)",
        )

    def handle(self, *, lanes: str, **options: Any) -> None:
        chosen = [name for name in lanes.split(",") if name] or list(settings.WORKER_LANES)
        if unknown := set(chosen) - set(settings.WORKER_LANES):
            raise CommandError(f"no such lane: {', '.join(sorted(unknown))}")
        steps = {name: import_string(settings.WORKER_LANES[name]) for name in chosen}
        worker = Worker(steps, idle=settings.WORKER_IDLE_SECONDS, gather=settings.WORKER_GATHER_SECONDS)
        spare_collector()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: worker.stop())
        if not worker.run():
            sys.exit(1)
