"""From pushes to phones: the push lane of the worker. Only workers import this, and with it firebase.py."""

import time
import traceback
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.db import connection

from apps.core.prepared import Prepared
from apps.notifications import firebase
from apps.notifications.choices import Choices
from apps.notifications.claimed import Claimed, to_send
from apps.notifications.models import Pause
from apps.notifications.outcomes import Outcome, Verdict
from apps.notifications.pauses import BULK, Gate, scopes_paused
from apps.notifications.postponing import put_off
from apps.notifications.reconsidering import reconsider
from apps.notifications.ringing import Together, gather, ring
from apps.notifications.sender import Sender, of_this_thread
from apps.notifications.settling import Answered, release, settle, settle_unwanted
from apps.notifications.summaries import claim_others

BATCH = 1000
LEASE = timedelta(seconds=60)
# A sending may take two timeouts, one for a new access token; none starts that could outlive the lease.
LATEST_START = LEASE.total_seconds() - 2.5 * firebase.TIMEOUT
# Nor does one start so long after the last look: who has muted or signed out by then shall not be rung. What is left is looked at again.
FRESH_SECONDS = 1.0
FLUSH_SECONDS = 0.1
LOOK_SECONDS = 0.02

_DUE = f"""
    waiting.status = 'pending' AND waiting.next_try_at <= statement_timestamp()
    AND (waiting.lease_until IS NULL OR waiting.lease_until <= statement_timestamp())
    AND NOT EXISTS (
        SELECT FROM notifications_pause AS pause
        WHERE pause.until > statement_timestamp() AND (pause.scope = '{Pause.EVERYTHING}' OR pause.scope = (
            SELECT device.platform FROM notifications_device AS device WHERE device.id = waiting.device_id
        ))
    )
"""  # noqa: S608  # a constant
# Those that are due are found once and looked up. Joined with, they would be sought anew for each push there is, whenever PostgreSQL takes the
# outbox for empty, as by statistics of a quiet time.
CLAIM = f"""
    WITH claimed AS (
        UPDATE notifications_push SET lease_until = statement_timestamp() + %(lease)s * interval '1 second'
        WHERE id = ANY (ARRAY(
            SELECT waiting.id
            FROM notifications_push AS waiting
            WHERE {_DUE}
              AND (waiting.summary_day IS NULL OR NOT EXISTS (
                  SELECT FROM notifications_push AS first
                  WHERE first.device_id = waiting.device_id AND first.summary_day = waiting.summary_day
                    AND first.status = 'pending' AND first.id < waiting.id
              ))
            ORDER BY waiting.bulk, waiting.high_priority DESC, waiting.next_try_at
            LIMIT %(batch)s
            FOR UPDATE OF waiting SKIP LOCKED
        ))
        RETURNING id
    )
    SELECT array_agg(id), statement_timestamp() FROM claimed
"""  # noqa: S608  # a constant
_ANY = f"SELECT FROM notifications_push AS waiting WHERE {_DUE}"
_ANYONE = Prepared(lambda: (f"SELECT EXISTS ({_ANY})", ()), stand_ins=({}, {}))
_ANYONE_IN_A_HURRY = Prepared(
    lambda: (f"SELECT EXISTS ({_ANY} AND NOT waiting.bulk)", ()), stand_ins=({}, {})
)


def send_due() -> int:
    """Claim a batch, look at each again, send it; how many were settled or tried. No transaction is open while sending."""
    if not firebase.configured():
        return 0
    sender = of_this_thread()
    sender.prepare()
    if _ANYONE.row() != (True,):  # as mostly: an idle worker claims nothing
        return 0
    latest_start = time.monotonic() + LATEST_START
    pushes, claimed_at = claim(sender.pace.batch(BATCH))
    if not pushes:
        return 0
    sender.authorize()
    latest_start = min(latest_start, time.monotonic() + FRESH_SECONDS)
    choices = Choices.of(pushes)
    wanted, unwanted = reconsider(pushes, choices, now=claimed_at)
    settle_unwanted(unwanted)
    due = put_off(wanted, choices, now=claimed_at)
    _Round(sender, gather(due, choices, claimed_at), claimed_at, latest_start).run()
    return len(pushes)


def claim(batch: int = BATCH) -> tuple[list[Claimed], datetime]:
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"lease": LEASE.total_seconds(), "batch": batch})
        claimed, claimed_at = cursor.fetchone()
    pushes = to_send([*claimed, *claim_others(claimed)]) if claimed else []
    return pushes, claimed_at


def others_wait() -> bool:
    """Whether there are pushes to be sent at once that are not bulk: a batch of bulk ones, long as it may take, gives way to them."""
    return _ANYONE_IN_A_HURRY.row() == (True,)


class _Round:
    """The sending of one batch. What is not started in time, or since it may not be, is free for the next claim."""

    def __init__(
        self, sender: Sender, ringing: Sequence[Together], claimed_at: datetime, latest_start: float
    ) -> None:
        self._sender = sender
        self._waiting = deque(ringing)
        self._claimed_at = claimed_at
        self._latest_start = latest_start
        self._gate = Gate()
        self._answered: list[tuple[Together, Outcome]] = []
        self._left: list[Together] = []
        self._started = 0
        self._late = False
        self._look_at = time.monotonic() + LOOK_SECONDS
        self._flush_at = time.monotonic() + FLUSH_SECONDS

    def _busy(self) -> bool:
        return bool(self._waiting or self._sender.under_way)

    def run(self) -> None:
        try:
            while self._busy():
                self._start()
                for together, outcome in self._sender.outcomes(LOOK_SECONDS if self._busy() else 0):
                    self._take(together, outcome)
                self._look()
                self._flush()
            self._sender.pace.batch_ended(started=self._started, late=self._late)
        finally:
            # Leaving early, as when the database went away: what cannot be written down is not waited for, and the lease ends.
            self._sender.drop()

    def _start(self) -> None:
        self._sender.renew()
        if time.monotonic() > self._latest_start:
            self._left += self._waiting
            self._late = self._late or bool(self._waiting)
            self._waiting.clear()
        for _ in range(min(self._sender.room, len(self._waiting))):
            together = self._waiting.popleft()
            if not self._may_start(together):
                self._left.append(together)
            elif outcome := self._begin(together):
                self._take(together, outcome)

    def _may_start(self, together: Together) -> bool:
        push = together[0].push
        scopes = (push.device.platform, BULK) if push.bulk else (push.device.platform,)
        # The next claim finds it expired.
        latest = min(each.latest or each.push.expires_at for each in together)
        return self._gate.is_open(*scopes) and datetime.now(UTC) < latest

    def _begin(self, together: Together) -> Outcome | None:
        """None when it is under way."""
        try:
            body = firebase.body(ring(together), now=datetime.now(UTC))
        except ValueError as error:
            return Outcome(Verdict.DEAD, str(error))
        except Exception:  # noqa: BLE001  # a fault of ours in one message must not hold up the others
            return Outcome(Verdict.DEAD, traceback.format_exc())
        self._started += 1
        return self._sender.start(together, body)

    def _take(self, together: Together, outcome: Outcome | None) -> None:
        if outcome is None:
            self._waiting.appendleft(together)
            return
        self._answered.append((together, outcome))
        if outcome.verdict is Verdict.PAUSE_PLATFORM:
            self._gate.refuse(together[0].push.device.platform)
        elif outcome.verdict in (Verdict.PAUSE_ALL, Verdict.OPEN_CIRCUIT):
            self._gate.refuse(Pause.EVERYTHING)

    def _look(self) -> None:
        """What other workers were told, and who is in more of a hurry."""
        if not self._waiting or time.monotonic() < self._look_at:
            return
        self._gate.close(*scopes_paused())
        if any(each[0].push.bulk for each in self._waiting) and others_wait():
            self._gate.close(BULK)
        self._look_at = time.monotonic() + LOOK_SECONDS

    def _flush(self) -> None:
        # Other workers hear of a refusal from the database, so it is written at once.
        if self._busy() and not self._gate.refused and time.monotonic() < self._flush_at:
            return
        if self._answered:
            settle(
                [
                    Answered(each.push, outcome, each.told_revision, self._claimed_at)
                    for together, outcome in self._answered
                    for each in together
                ]
            )
        if self._left:
            release([each.push for together in self._left for each in together])
        self._answered, self._left = [], []
        self._flush_at = time.monotonic() + FLUSH_SECONDS
