"""From pushes to phones: the push lane of the worker. Only workers import this, and with it firebase.py."""

import time
import traceback
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta

from django.db import connection

from apps.notifications import firebase
from apps.notifications.choices import Choices
from apps.notifications.models import Pause, Push
from apps.notifications.outcomes import Outcome, Verdict
from apps.notifications.pauses import BULK, Gate, scopes_paused
from apps.notifications.postponing import put_off
from apps.notifications.reconsidering import reconsider
from apps.notifications.ringing import Together, gather, ring
from apps.notifications.settling import Answered, release, settle, settle_unwanted
from apps.notifications.summaries import claim_others

BATCH = 200
SENDERS = 8
LEASE = timedelta(seconds=60)
# A sending may take two timeouts, one for a new access token; none starts that could outlive the lease.
LATEST_START = LEASE.total_seconds() - 2.5 * firebase.TIMEOUT
# Nor does one start so long after the last look: who has muted or signed out by then shall not be rung. What is left is looked at again.
FRESH_SECONDS = 1.0
FLUSH_SECONDS = 0.1
LOOK_SECONDS = 0.02

_DUE = """
    waiting.status = 'pending' AND waiting.next_try_at <= statement_timestamp()
    AND (waiting.lease_until IS NULL OR waiting.lease_until <= statement_timestamp())
    AND NOT EXISTS (
        SELECT FROM notifications_pause AS pause
        WHERE pause.until > statement_timestamp() AND pause.scope IN (%(everything)s, device.platform)
    )
"""
_CLAIM = f"""
    UPDATE notifications_push AS push SET lease_until = statement_timestamp() + %(lease)s * interval '1 second'
    FROM (
        SELECT waiting.id
        FROM notifications_push AS waiting
        JOIN notifications_device AS device ON device.id = waiting.device_id
        WHERE {_DUE}
          AND (waiting.summary_day IS NULL OR NOT EXISTS (
              SELECT FROM notifications_push AS first
              WHERE first.device_id = waiting.device_id AND first.summary_day = waiting.summary_day
                AND first.status = 'pending' AND first.id < waiting.id
          ))
        ORDER BY waiting.bulk, waiting.high_priority DESC, waiting.next_try_at
        LIMIT %(batch)s
        FOR UPDATE OF waiting SKIP LOCKED
    ) AS due
    WHERE push.id = due.id
    RETURNING push.id, statement_timestamp()
"""  # noqa: S608  # a constant
_HURRY = f"""
    SELECT EXISTS (
        SELECT FROM notifications_push AS waiting
        JOIN notifications_device AS device ON device.id = waiting.device_id
        WHERE NOT waiting.bulk AND {_DUE}
    )
"""  # noqa: S608  # a constant


def send_due() -> int:
    """Claim a batch, look at each again, send it; how many were settled or tried. No transaction is open while sending."""
    if not firebase.configured():
        return 0
    firebase.prepare()
    latest_start = time.monotonic() + LATEST_START
    pushes, claimed_at = claim()
    if not pushes:
        return 0
    choices = Choices.of(pushes)
    wanted, unwanted = reconsider(pushes, choices, now=claimed_at)
    settle_unwanted(unwanted)
    due = put_off(wanted, choices, now=claimed_at)
    _send_all(gather(due, choices, claimed_at), claimed_at, latest_start)
    return len(pushes)


def claim() -> tuple[list[Push], datetime]:
    with connection.cursor() as cursor:
        cursor.execute(
            _CLAIM, {"lease": LEASE.total_seconds(), "everything": Pause.EVERYTHING, "batch": BATCH}
        )
        rows = cursor.fetchall()
    if not rows:
        return [], datetime.now(UTC)
    claimed = [row[0] for row in rows]
    pushes = Push.objects.select_related(
        "device__user", "notification__user", "notification__announcement", "reminder__user"
    ).filter(pk__in=[*claimed, *claim_others(claimed)])
    return list(pushes.order_by("bulk", "-high_priority", "notification__change_set", "pk")), rows[0][1]


def _send_all(ringing: Sequence[Together], claimed_at: datetime, latest_start: float) -> None:
    gate = Gate()
    latest_start = min(latest_start, time.monotonic() + FRESH_SECONDS)
    with ThreadPoolExecutor(SENDERS, thread_name_prefix="push") as pool:
        waiting = {pool.submit(_send, each, gate, latest_start): each for each in ringing}
        flush_at = time.monotonic() + FLUSH_SECONDS
        try:
            while waiting:
                done, unfinished = wait(waiting, timeout=LOOK_SECONDS)
                # Other workers hear of a refusal from the database, so it is written at once.
                if not unfinished or gate.refused or time.monotonic() >= flush_at:
                    _flush([(waiting.pop(future), future) for future in done], claimed_at)
                    flush_at = time.monotonic() + FLUSH_SECONDS
                    if any(each[0].push.bulk for each in waiting.values()) and others_wait():
                        gate.close(BULK)
                gate.close(*scopes_paused())
        finally:
            # Leaving early, as when the database went away: what cannot be written down is not sent.
            gate.close(Pause.EVERYTHING)


def others_wait() -> bool:
    """Whether there are pushes to be sent at once that are not bulk: a batch of bulk ones, long as it may take, gives way to them."""
    with connection.cursor() as cursor:
        cursor.execute(_HURRY, {"everything": Pause.EVERYTHING})
        (found,) = cursor.fetchone()
    return bool(found)


def _flush(done: Sequence[tuple[Together, "Future[Outcome | None]"]], claimed_at: datetime) -> None:
    answers = [
        Answered(each.push, outcome, each.told_revision, claimed_at)
        for together, future in done
        if (outcome := future.result())
        for each in together
    ]
    if answers:
        settle(answers)
    if not_started := [
        each.push for together, future in done if future.result() is None for each in together
    ]:
        release(not_started)


def _send(together: Together, gate: Gate, latest_start: float) -> Outcome | None:
    """In a thread of the pool, away from the database. None when it was not started."""
    push = together[0].push
    platform = push.device.platform
    scopes = (platform, BULK) if push.bulk else (platform,)
    if not gate.is_open(*scopes) or time.monotonic() > latest_start:
        return None
    latest = min(each.latest or each.push.expires_at for each in together)
    if datetime.now(UTC) >= latest:
        return None  # the next claim finds it expired
    try:
        outcome = firebase.send(ring(together), now=datetime.now(UTC))
    except Exception:  # noqa: BLE001  # a fault of ours in one message must not hold up the others
        return Outcome(Verdict.DEAD, traceback.format_exc())
    if outcome.verdict is Verdict.PAUSE_PLATFORM:
        gate.refuse(platform)
    elif outcome.verdict in (Verdict.PAUSE_ALL, Verdict.OPEN_CIRCUIT):
        gate.refuse(Pause.EVERYTHING)
    return outcome
