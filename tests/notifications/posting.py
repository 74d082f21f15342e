"""One message, posted as the push lane posts it, and waited for."""

import time
from datetime import datetime

from apps.notifications import firebase
from apps.notifications.outcomes import Outcome
from apps.notifications.sender import of_this_thread


def post(ring: firebase.Ring, *, now: datetime) -> Outcome:
    sender = of_this_thread()
    sender.authorize()
    body = firebase.body(ring, now=now)
    deadline = time.monotonic() + 60
    outcome = sender.start("message", body)
    while outcome is None:
        assert time.monotonic() < deadline
        for _, found in sender.outcomes(0.1):
            sender.renew()
            outcome = found or sender.start("message", body)
    return outcome
