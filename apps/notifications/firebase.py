"""Firebase Cloud Messaging, HTTP v1: the only importer of firebase_admin, which the web processes never load.

The library holds the credential, builds and validates messages and posts them. Its own retries are off (it would block for half a
minute and send twice after a timeout), and where it posts to is ours, since it knows no FCM emulator.
"""

# Neither library has annotations.
# mypy: disallow-untyped-calls=False

import contextlib
import dataclasses
import email.utils
import os
import threading
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from django.conf import settings
from firebase_admin import App, exceptions, messaging
from firebase_admin._http_client import JsonHttpClient
from firebase_admin.messaging import _MessagingService
from google.auth import credentials, load_credentials_from_file
from google.auth import exceptions as auth_exceptions
from google.auth.transport.requests import AuthorizedSession

from apps.notifications.messages import Text
from apps.notifications.outcomes import CIRCUIT_WAIT, Outcome, Refusal, Verdict, classify

TIMEOUT = 10
CONNECTIONS = 16
_SCOPES = ["https://www.googleapis.com/auth/firebase.messaging"]
_CHANNELS = {"courses": "schedule"}
_TYPE = "type.googleapis.com/"


@dataclasses.dataclass(frozen=True, slots=True)
class Ring:
    """One message to one device, as plain values."""

    kind: str
    address: str
    platform: str
    text: Text
    category: str
    data: dict[str, str]
    high_priority: bool
    expires_at: datetime


def send(ring: Ring, *, now: datetime) -> Outcome:
    """Post one message. Never raises for what FCM or the network may do: that is the outcome."""
    try:
        message = build(ring, now=now)
    except ValueError as error:
        return Outcome(Verdict.DEAD, str(error))
    try:
        name: object = _service().send(message)
    except auth_exceptions.GoogleAuthError as error:
        return Outcome(Verdict.OPEN_CIRCUIT, f"OAuth: {error}", CIRCUIT_WAIT)
    except exceptions.FirebaseError as error:
        response = error.http_response
        return classify(_refusal(response)) if response is not None else Outcome(Verdict.RETRY, str(error))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        # The library reads an answer that is no FCM answer as if it were one.
        return Outcome(Verdict.RETRY, f"odd answer: {error!r}")
    if isinstance(name, str) and name.startswith("projects/"):
        return Outcome(Verdict.SENT, name)
    return Outcome(Verdict.RETRY, f"odd answer: name {name!r}")


def build(ring: Ring, *, now: datetime) -> messaging.Message:
    """The same notification has the same tag and collapse id on every platform, so a repetition replaces itself."""
    tag = ring.data["notification"]
    left = ring.expires_at - now
    if left <= timedelta(0):
        raise ValueError("expired")
    message = messaging.Message(
        data=ring.data,
        notification=messaging.Notification(title=ring.text.title, body=ring.text.body),
        android=messaging.AndroidConfig(
            priority="high" if ring.high_priority else "normal",
            ttl=timedelta(seconds=int(left.total_seconds())),
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
                "TTL": str(int(left.total_seconds())),
                "Urgency": "high" if ring.high_priority else "normal",
            },
            notification=messaging.WebpushNotification(tag=tag),
        ),
    )
    # Set, not passed: the library warns of every token it is given, and phones still have them.
    setattr(message, ring.kind, ring.address)
    _MessagingService.encode_message(message)
    return message


class _Service(_MessagingService):
    def __init__(self, app: App, url: str) -> None:
        super().__init__(app)
        self._fcm_url = url
        session = AuthorizedSession(self._credential, max_refresh_attempts=1, refresh_timeout=TIMEOUT)
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=CONNECTIONS, max_retries=0)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        self._client = JsonHttpClient(session=session, retries=False, timeout=TIMEOUT)


class _EmulatorCredential(credentials.Credentials):
    """What stands in for a Google credential before an emulator."""

    def __init__(self) -> None:
        super().__init__()
        self.token = "emulator"  # noqa: S105  # no secret: any bearer will do

    def refresh(self, request: object) -> None:
        """There is nothing to renew."""


_lock = threading.Lock()
_made: dict[int, _Service] = {}


def _service() -> _Service:
    """Made once a process, after any fork, since connections must not be shared."""
    with _lock:
        service = _made.get(os.getpid())
        if service is None:
            _made.clear()
            service = _made[os.getpid()] = _make()
        return service


def forget() -> None:
    """Drop what was made from settings that have changed since."""
    with _lock:
        _made.clear()


def configured() -> bool:
    return bool(settings.FCM_EMULATOR_HOST or settings.GOOGLE_APPLICATION_CREDENTIALS)


def prepare() -> None:
    """Have the service at hand before there is a push, not when somebody waits for it."""
    with contextlib.suppress(auth_exceptions.GoogleAuthError):  # told by send(), as an outcome
        _service()


def _make() -> _Service:
    project = settings.FIREBASE_PROJECT_ID
    if settings.FCM_EMULATOR_HOST:
        credential: Any = _EmulatorCredential()
        base = f"http://{settings.FCM_EMULATOR_HOST}"
    else:
        with warnings.catch_warnings():
            # It warns of files that come from strangers; this one is the operator's, and may be of any type.
            warnings.simplefilter("ignore", DeprecationWarning)
            credential, found = load_credentials_from_file(
                settings.GOOGLE_APPLICATION_CREDENTIALS, scopes=_SCOPES
            )
        project, base = project or found, "https://fcm.googleapis.com"
    app = App("campanile", credential, {"projectId": project, "httpTimeout": TIMEOUT})
    return _Service(app, f"{base}/v1/projects/{project}/messages:send")


def _refusal(response: requests.Response) -> Refusal:
    """Read leniently: a proxy may have answered."""
    error = _dict(_dict(_json(response)).get("error"))
    details = [each for each in error.get("details") or [] if isinstance(each, dict)]

    def of_type(name: str) -> list[dict[str, Any]]:
        return [detail for detail in details if detail.get("@type") == _TYPE + name]

    def violations(name: str, key: str, read: Callable[[dict[str, Any]], str]) -> tuple[str, ...]:
        return tuple(read(_dict(each)) for detail in of_type(name) for each in detail.get(key) or [])

    codes = [str(detail.get("errorCode", "")) for detail in of_type("google.firebase.fcm.v1.FcmError")]
    return Refusal(
        status=response.status_code,
        code=codes[0] if codes else "",
        fields=violations(
            "google.rpc.BadRequest", "fieldViolations", lambda each: str(each.get("field", "?"))
        ),
        quotas=violations(
            "google.rpc.QuotaFailure",
            "violations",
            lambda each: f"{each.get('subject', '')} {each.get('description', '')}",
        ),
        message=str(error.get("message") or response.reason),
        retry_after=_retry_after(response.headers.get("Retry-After", "")),
    )


def _json(response: requests.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _retry_after(value: str) -> timedelta | None:
    """Seconds or an HTTP date (RFC 9110, section 10.2.3); a day at most, whatever is said."""
    try:
        seconds = float(value) if value.isdecimal() else _until(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return timedelta(seconds=min(max(seconds, 0), 86_400))


def _until(value: str) -> float:
    return (email.utils.parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
