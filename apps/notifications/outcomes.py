"""What FCM may say about one message, and what follows from it. Knows nothing of the library that carries it."""

import dataclasses
import enum
from datetime import timedelta
from typing import NamedTuple


class Verdict(enum.Enum):
    SENT = "sent"
    RETIRE = "retire"  # the device cannot be rung again
    DEAD = "dead"  # this message cannot be sent
    RETRY = "retry"
    DELAY_DEVICE = "delay device"
    PAUSE_PLATFORM = "pause platform"
    PAUSE_ALL = "pause all"
    OPEN_CIRCUIT = "open circuit"


class Outcome(NamedTuple):
    """`detail` is the message name when sent, else what was said. `wait` is the least time before another try."""

    verdict: Verdict
    detail: str
    wait: timedelta = timedelta(0)


@dataclasses.dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is an error: the status, FcmError's code, the fields BadRequest names, the texts of QuotaFailure."""

    status: int
    code: str = ""
    fields: tuple[str, ...] = ()
    quotas: tuple[str, ...] = ()
    message: str = ""
    retry_after: timedelta | None = None


QUOTA_WAIT = timedelta(seconds=60)
PLATFORM_WAIT = timedelta(minutes=5)
CIRCUIT_WAIT = timedelta(seconds=60)

# Status and FcmError code, "" for none; anything not listed is tried again.
_TABLE: dict[tuple[int, str], tuple[Verdict, timedelta]] = {
    (404, "UNREGISTERED"): (Verdict.RETIRE, timedelta(0)),
    (403, "SENDER_ID_MISMATCH"): (Verdict.RETIRE, timedelta(0)),
    (400, "INVALID_ARGUMENT"): (Verdict.RETIRE, timedelta(0)),
    (401, "THIRD_PARTY_AUTH_ERROR"): (Verdict.PAUSE_PLATFORM, PLATFORM_WAIT),
    (401, "APNS_AUTH_ERROR"): (Verdict.PAUSE_PLATFORM, PLATFORM_WAIT),
}
_OTHERWISE: dict[int, tuple[Verdict, timedelta]] = {
    401: (Verdict.OPEN_CIRCUIT, CIRCUIT_WAIT),
    403: (Verdict.OPEN_CIRCUIT, CIRCUIT_WAIT),
    429: (Verdict.PAUSE_ALL, QUOTA_WAIT),
}
_ADDRESS_FIELDS = {"message.token", "message.fid"}


def classify(refusal: Refusal) -> Outcome:
    verdict, wait = _TABLE.get((refusal.status, refusal.code)) or _OTHERWISE.get(
        refusal.status, (Verdict.RETRY, timedelta(0))
    )
    if refusal.status == 400 and set(refusal.fields) - _ADDRESS_FIELDS:
        verdict = Verdict.DEAD
    if refusal.status == 429 and any("device" in quota.lower() for quota in refusal.quotas):
        verdict = Verdict.DELAY_DEVICE
    said = " ".join(filter(None, [str(refusal.status), refusal.code, refusal.message[:300], *refusal.fields]))
    return Outcome(verdict, said, max(wait, refusal.retry_after or timedelta(0)))
