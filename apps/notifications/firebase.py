"""Firebase Cloud Messaging, HTTP v1: the only importer of firebase_admin, which the web processes never load.

The libraries hold the credential, build and validate messages. Where they go to is ours, since firebase_admin knows no emulator of FCM,
and so is what carries them, see sender.py.
"""

# Neither library has annotations.
# mypy: disallow-untyped-calls=False

import dataclasses
import functools
import json
import uuid
import warnings
from datetime import datetime, timedelta
from json.encoder import encode_basestring_ascii
from typing import Any, NamedTuple

from django.conf import settings
from firebase_admin import messaging
from firebase_admin.__about__ import __version__
from firebase_admin._http_client import METRICS_HEADERS
from firebase_admin.messaging import _MessagingService
from google.auth import credentials, load_credentials_from_file

from apps.notifications.messages import Text

TIMEOUT = 10
# What firebase-admin sends beside the credential's headers.
HEADERS = {
    "Content-Type": "application/json",
    "X-GOOG-API-FORMAT-VERSION": "2",
    "X-FIREBASE-CLIENT": f"fire-admin-python/{__version__}",
    **METRICS_HEADERS,
}
_SCOPES = ["https://www.googleapis.com/auth/firebase.messaging"]
_CHANNELS = {"courses": "schedule"}


class Ring(NamedTuple):
    """One message to one device, as plain values."""

    kind: str
    address: str
    platform: str
    text: Text
    category: str
    data: dict[str, str]
    high_priority: bool
    expires_at: datetime


def build(ring: Ring, *, now: datetime) -> messaging.Message:
    """The same notification has the same tag and collapse id on every platform, so a repetition replaces itself."""
    return _message(ring, lasts=_left(ring, now))


def _left(ring: Ring, now: datetime) -> int:
    """In seconds."""
    left = ring.expires_at - now
    if left <= timedelta(0):
        raise ValueError("expired")
    return int(left.total_seconds())


def _message(ring: Ring, *, lasts: int) -> messaging.Message:
    tag = ring.data["notification"]
    message = messaging.Message(
        data=ring.data,
        notification=messaging.Notification(title=ring.text.title, body=ring.text.body),
        android=messaging.AndroidConfig(
            priority="high" if ring.high_priority else "normal",
            ttl=timedelta(seconds=lasts),
            notification=messaging.AndroidNotification(
                channel_id=_CHANNELS.get(ring.category, ring.category), tag=tag
            ),
        ),
        apns=messaging.APNSConfig(
            headers={
                "apns-collapse-id": tag,
                "apns-expiration": str(int(ring.expires_at.timestamp())),
                "apns-priority": "10" if ring.high_priority else "5",
            },
            payload=messaging.APNSPayload(aps=messaging.Aps(sound="default", thread_id=ring.category)),
        ),
        fcm_options=messaging.FCMOptions(analytics_label=ring.platform),
        webpush=messaging.WebpushConfig(
            headers={
                "TTL": str(lasts),
                "Urgency": "high" if ring.high_priority else "normal",
            },
            notification=messaging.WebpushNotification(tag=tag),
        ),
    )
    # Set, not passed: the library warns of every token it is given, and phones still have them.
    setattr(message, ring.kind, ring.address)
    _MessagingService.encode_message(message)
    return message


def body(ring: Ring, *, now: datetime) -> bytes:
    """The request that firebase-admin would post for this message, to the byte. Raises ValueError as build() does.

    What is said to thousands is built and validated once: only its address and the notification's id are filled in for each.
    """
    tag = ring.data["notification"]
    shared = tuple((name, value.replace(tag, _TAG)) for name, value in ring.data.items())
    template = _template(
        ring.kind,
        ring.platform,
        ring.text,
        ring.category,
        shared,
        ring.high_priority,
        ring.expires_at,
        _left(ring, now),
    )
    return template.replace(_ADDRESS, _quoted(ring.address)).replace(_TAG, _quoted(tag)).encode()


# They stand for what is filled in, and in no text that anybody could write.
_ADDRESS, _TAG = uuid.uuid4().hex, uuid.uuid4().hex


@functools.lru_cache(maxsize=512)
def _template(
    kind: str,
    platform: str,
    text: Text,
    category: str,
    data: tuple[tuple[str, str], ...],
    high_priority: bool,  # noqa: FBT001  # the cache is keyed by place
    expires_at: datetime,
    lasts: int,
) -> str:
    ring = Ring(kind, _ADDRESS, platform, text, category, dict(data), high_priority, expires_at)
    encoded = _MessagingService.encode_message(_message(ring, lasts=lasts))
    return json.dumps({"message": encoded}, allow_nan=False)


def _quoted(value: str) -> str:
    """As it stands between the quotes of JSON."""
    return encode_basestring_ascii(value)[1:-1]


@dataclasses.dataclass(frozen=True, slots=True)
class Channel:
    """Where messages go, and with whose credential."""

    url: str
    credential: Any


class EmulatorCredential(credentials.Credentials):
    """What stands in for a Google credential before an emulator."""

    def __init__(self) -> None:
        super().__init__()
        self.token = "emulator"  # noqa: S105  # no secret: any bearer will do

    def refresh(self, request: object) -> None:
        """There is nothing to renew."""


def configured() -> bool:
    return bool(settings.FCM_EMULATOR_HOST or settings.GOOGLE_APPLICATION_CREDENTIALS)


def channel() -> Channel:
    """As the settings say. Raises GoogleAuthError."""
    project = settings.FIREBASE_PROJECT_ID
    if settings.FCM_EMULATOR_HOST:
        credential: Any = EmulatorCredential()
        base = f"http://{settings.FCM_EMULATOR_HOST}"
    else:
        with warnings.catch_warnings():
            # It warns of files that come from strangers; this one is the operator's, and may be of any type.
            warnings.simplefilter("ignore", DeprecationWarning)
            credential, found = load_credentials_from_file(
                settings.GOOGLE_APPLICATION_CREDENTIALS, scopes=_SCOPES
            )
        project, base = project or found, "https://fcm.googleapis.com"
    return Channel(f"{base}/v1/projects/{project}/messages:send", credential)
