"""`write` writes an announcement to everyone, due now; `send` makes its messages, as the worker's lane does."""

import sys

import django

django.setup()

from apps.core.worker import spare_collector  # noqa: E402  # models exist only once Django is set up
from apps.notifications.announcements import send_due  # noqa: E402
from tests.factories.notifications import announce  # noqa: E402


def write() -> str:
    announce("everyone")
    return "written"


def send() -> str:
    return str(send_due())


COMMANDS = {"write": write, "send": send}

if __name__ == "__main__":
    spare_collector()
    for line in sys.stdin:
        sys.stdout.write(f"{COMMANDS[line.strip()]()}\n")
        sys.stdout.flush()
