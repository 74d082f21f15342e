"""`COUNT`: sends one message to so many tokens with firebase-admin's send_each_for_multicast, 500 at a time as it demands, to FCM_URL."""

# Neither library has annotations.
# mypy: disallow-untyped-calls=False

import os
import sys
import warnings
from typing import Any

import firebase_admin
from firebase_admin import messaging
from google.auth import credentials

warnings.simplefilter("ignore")  # it warns of every token it is given
_AT_ONCE = 500


class _Credential(firebase_admin.credentials.Base):
    def get_credential(self) -> Any:
        return _Token()


class _Token(credentials.Credentials):
    def __init__(self) -> None:
        super().__init__()
        self.token = "fake"

    def refresh(self, request: object) -> None:
        """There is nothing to renew."""


def send(count: int) -> int:
    sent = 0
    for first in range(0, count, _AT_ONCE):
        message = messaging.MulticastMessage(
            tokens=[f"address-of-{number}" for number in range(first, min(first + _AT_ONCE, count))],
            notification=messaging.Notification(title="Library closed", body="From Monday to Wednesday."),
            data={"notification": "n", "kind": "announcement", "deep_link": "campanile://notifications/n"},
            android=messaging.AndroidConfig(priority="normal", ttl=3600),
            apns=messaging.APNSConfig(payload=messaging.APNSPayload(aps=messaging.Aps(sound="default"))),
        )
        sent += messaging.send_each_for_multicast(message).success_count
    return sent


if __name__ == "__main__":
    firebase_admin.initialize_app(_Credential(), {"projectId": "demo"})
    messaging._MessagingService.FCM_URL = os.environ["FCM_URL"]
    for line in sys.stdin:
        sys.stdout.write(f"{send(int(line))}\n")
        sys.stdout.flush()
