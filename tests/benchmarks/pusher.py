"""Sends to the fake FCM at FCM_URL what waits, as the worker's push lane does: `write` writes an announcement to every phone, `send`
claims, sends and settles until nothing waits, and prints how many were sent."""

import os
import sys

import django

django.setup()

from apps.core.worker import spare_collector  # noqa: E402  # models exist only once Django is set up
from apps.notifications import firebase  # noqa: E402
from apps.notifications.announcements import send_due as make_messages  # noqa: E402
from apps.notifications.delivery import send_due  # noqa: E402
from apps.notifications.models import Push  # noqa: E402
from tests.factories.notifications import announce  # noqa: E402


def fake_channel() -> firebase.Channel:
    """Everything as in firebase.py but the address and the credential, which a fake does not look at."""
    return firebase.Channel(os.environ["FCM_URL"], firebase.EmulatorCredential())


def write() -> str:
    announce("everyone")
    return str(make_messages())


def send() -> str:
    while send_due():
        pass
    return str(Push.objects.filter(status=Push.Status.SENT).count())


firebase.channel = fake_channel
COMMANDS = {"write": write, "send": send}

if __name__ == "__main__":
    spare_collector()
    for line in sys.stdin:
        sys.stdout.write(f"{COMMANDS[line.strip()]()}\n")
        sys.stdout.flush()
