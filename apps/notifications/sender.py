"""Messages to FCM, many at once, each a request and a result of its own."""

# The library has no annotations.
# mypy: disallow-untyped-calls=False

import contextlib
import functools
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import requests
from django.conf import settings
from google.auth import exceptions
from google.auth.transport.requests import Request

from apps.notifications import firebase
from apps.notifications.answers import outcome_of
from apps.notifications.outcomes import CIRCUIT_WAIT, Outcome, Verdict
from apps.notifications.pacing import LARGEST_WINDOW, Pace
from apps.notifications.wire import Answer, Wire

_TOKEN_TRIES = 3


class Sender:
    """Of one thread, as connections are.

    authorize() comes first, while nothing is under way. Then renew(), start() what there is room for and take the outcomes(), in turn. An
    access token that is refused is fetched anew once: the outcome of a message that was refused for it is None, and it may start again.
    """

    def __init__(self) -> None:
        self.pace = Pace(settings.FCM_MAX_PER_SECOND)
        self._channel: firebase.Channel | None = None
        self._wire: Wire[Any] | None = None
        self._headers: Sequence[str] = ()
        self._fault: Outcome | None = None
        self._refused = False
        self._renewed = False

    @property
    def under_way(self) -> int:
        return self._wire.under_way if self._wire else 0

    @property
    def room(self) -> int:
        """How many may start now."""
        return 0 if self._refused else self.pace.room(self.under_way)

    def prepare(self) -> None:
        """Have all at hand that needs no network before there is a push, not when somebody waits for it."""
        with contextlib.suppress(exceptions.GoogleAuthError):  # told by start(), as an outcome
            self._open()

    def authorize(self) -> None:
        """With an access token that lasts for the next messages. Blocks for firebase.TIMEOUT or so when there must be a new one."""
        self._refused = self._renewed = False
        self._fetch_token()

    def renew(self) -> None:
        """Fetch a new access token if the last was refused and nobody waits for an answer meanwhile. Blocks as authorize() does."""
        if self._refused and not self.under_way:
            self._refused, self._renewed = False, True
            self._fetch_token(anew=True)

    def start(self, key: object, body: bytes) -> Outcome | None:
        """None when it is under way, else why it cannot be: then nothing was sent."""
        if self._fault:
            return self._fault
        self.pace.started()
        assert self._wire, "authorize() came first"
        self._wire.post(key, body, self._headers)
        return None

    def outcomes(self, wait: float) -> Iterator[tuple[Any, Outcome | None]]:
        """Of those answered by now, after at most `wait` seconds; by their keys. Never raises for what FCM or the network may do."""
        if not self.under_way:
            time.sleep(wait)
        for key, answer in self._wire.answers(wait) if self._wire else ():
            outcome = Outcome(Verdict.RETRY, answer) if isinstance(answer, str) else outcome_of(answer)
            if _of_token(outcome, answer) and not self._renewed:
                self._refused = True
                yield key, None
            else:
                self.pace.answered(outcome.verdict)
                yield key, outcome

    def drop(self) -> None:
        """Forget those under way."""
        if self._wire:
            self._wire.drop()

    def _open(self) -> firebase.Channel:
        if self._channel is None or self._wire is None:
            self._channel = firebase.channel()
            self._wire = Wire(self._channel.url, timeout=firebase.TIMEOUT, connections=LARGEST_WINDOW)
        return self._channel

    def _fetch_token(self, *, anew: bool = False) -> None:
        self._fault = None
        try:
            channel = self._open()
            headers = dict(firebase.HEADERS)
            with requests.Session() as session:
                session.mount("https://", requests.adapters.HTTPAdapter(max_retries=_TOKEN_TRIES))
                ask = functools.partial(Request(session), timeout=firebase.TIMEOUT)
                if anew:
                    channel.credential.refresh(ask)
                channel.credential.before_request(ask, "POST", channel.url, headers)
        except exceptions.GoogleAuthError as error:
            self._fault = Outcome(Verdict.OPEN_CIRCUIT, f"OAuth: {error}", CIRCUIT_WAIT)
        else:
            lines = [f"{name}: {value}" for name, value in headers.items()]
            self._headers = self._headers if lines == self._headers else lines


def _of_token(outcome: Outcome, answer: Answer | str) -> bool:
    return outcome.verdict is Verdict.OPEN_CIRCUIT and not isinstance(answer, str) and answer.status == 401


_own = threading.local()


def of_this_thread() -> Sender:
    """Made in the thread of the lane, so after any fork: connections must not be shared."""
    if not hasattr(_own, "sender"):
        _own.sender = Sender()
    sender: Sender = _own.sender
    return sender


def forget() -> None:
    """Drop what was made from settings that have changed since."""
    global _own
    _own = threading.local()
