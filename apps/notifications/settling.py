"""Writing what became of pushes, many at once."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import orjson
import structlog
from django.db import connection, transaction
from django.db.models.functions import Now

from apps.core.arrays import written
from apps.notifications.claimed import Claimed
from apps.notifications.models import Notification, Pause, Push, PushCount
from apps.notifications.outcomes import Outcome, Verdict
from apps.notifications.pauses import pause
from apps.notifications.wanted import Unwanted

LONGEST_BACKOFF = 600.0

log = structlog.get_logger(__name__)
Status, Why = Push.Status, Notification.Why


class Answered(NamedTuple):
    """An outcome with its push. `started_at` is the database's time of the claim."""

    push: Claimed
    outcome: Outcome
    told_revision: int
    started_at: datetime


class _Row(NamedTuple):
    push: Claimed
    status: Push.Status
    why: Notification.Why | None = None
    told_revision: int | None = None
    name: str = ""
    error: str = ""
    attempts: int = 0
    wait: timedelta = timedelta(0)

    def columns(self) -> dict[str, object]:
        return {
            "id": self.push.pk,
            "status": self.status,
            "attempts": self.attempts,
            "wait": self.wait.total_seconds(),
            "name": _storable(self.name),
            "error": _storable(self.error),
            "told_revision": self.told_revision,
        }


def _storable(said: str) -> str:
    """Without what JSON may say and PostgreSQL does not take: NUL and lone surrogates."""
    return said.replace("\0", "").encode(errors="replace").decode()


# A worker so slow that another took over writes nothing over what that one settled, except that it was sent.
WRITE = """
    UPDATE notifications_push AS push
    SET status = row.status, lease_until = NULL, attempts = push.attempts + row.attempts,
        next_try_at = least(statement_timestamp() + row.wait * interval '1 second', push.expires_at),
        fcm_name = row.name, error = row.error, told_revision = row.told_revision,
        settled_at = CASE WHEN row.status = 'pending' THEN NULL ELSE statement_timestamp() END
    FROM json_to_recordset(%(rows)s)
         AS row(id bigint, status text, attempts int, wait float8, name text, error text, told_revision bigint)
    WHERE push.id = row.id AND push.id = ANY (%(pushes)s::bigint[]) AND (push.status = 'pending' OR row.status = 'sent')
    RETURNING push.status, row.attempts
"""
# Joins nothing. Statistics made in quiet times say that nearly all have rung, so PostgreSQL would take those that have not for a handful, and
# compare each notification of a batch with each.
EXPLAIN = """
    UPDATE notifications_notification SET why = %(whys)s::jsonb ->> id::text
    WHERE id = ANY (%(notifications)s::uuid[]) AND why <> 'rang'
"""
_RETIRE = """
    UPDATE notifications_device AS device SET retired_at = statement_timestamp(), retired_why = left(row.why, 64)
    FROM (
        SELECT refused.id, answer.why
        FROM unnest(%s::uuid[], %s::timestamptz[], %s::text[]) AS answer(id, started_at, why)
        JOIN notifications_device AS refused USING (id)
        WHERE refused.retired_at IS NULL AND refused.registered_at <= answer.started_at
        ORDER BY refused.id
        FOR NO KEY UPDATE OF refused
    ) AS row
    WHERE device.id = row.id
    RETURNING device.id
"""
_DELAY = """
    UPDATE notifications_push SET next_try_at = greatest(next_try_at, least(statement_timestamp() + %s * interval '1 second', expires_at))
    WHERE device_id = %s AND status = 'pending'
"""


def settle_unwanted(unwanted: Sequence[Unwanted]) -> None:
    rows = [
        _Row(
            each.push,
            Status.EXPIRED if each.why is Why.EXPIRED else Status.CANCELLED,
            each.why,
            error=each.why,
        )
        for each in unwanted
    ]
    with transaction.atomic():
        PushCount.objects.add(_write(rows))


def settle_cancelled(pushes: Sequence[int], *, why: Notification.Why) -> None:
    """Those their user is not to hear of any more. The caller holds them."""
    held = Push.objects.filter(pk__in=pushes)
    told = Notification.objects.filter(pushes__in=pushes).exclude(why=Why.RANG)
    told.update(why=why)
    cancelled = held.update(status=Status.CANCELLED, error=why, settled_at=Now(), lease_until=None)
    PushCount.objects.add(Counter({Status.CANCELLED.value: cancelled} if cancelled else {}))


def settle(answers: Sequence[Answered]) -> None:
    with transaction.atomic():
        retired = _retire([each for each in answers if each.outcome.verdict is Verdict.RETIRE])
        counts = _write([_row(each, retired) for each in answers])
        for each in answers:
            _hold_back(each)
        PushCount.objects.add(counts)


def release(pushes: Sequence[Claimed]) -> None:
    """Not started after all: the next claim may have them."""
    Push.objects.filter(pk__in=[push.pk for push in pushes], status=Status.PENDING).update(lease_until=None)


def _row(answered: Answered, retired: set[object]) -> _Row:
    push, outcome = answered.push, answered.outcome
    match outcome.verdict:
        case Verdict.SENT:
            return _Row(push, Status.SENT, Why.RANG, answered.told_revision, name=outcome.detail)
        case Verdict.RETIRE if push.device.pk in retired:
            return _Row(push, Status.RETIRED, Why.RETIRED, error=outcome.detail)
        case Verdict.DEAD:
            log.error("push.dead", push=push.pk, error=outcome.detail)
            return _Row(push, Status.DEAD, Why.FAILED, error=outcome.detail)
        case Verdict.RETRY | Verdict.RETIRE:
            wait = max(outcome.wait, _backoff(push.attempts))
            return _Row(push, Status.PENDING, error=outcome.detail, attempts=1, wait=wait)
    return _Row(push, Status.PENDING, error=outcome.detail, wait=outcome.wait)


def _backoff(attempts: int) -> timedelta:
    """Doubling, with jitter, so that a recovering service is not met by everyone at once."""
    return timedelta(seconds=min(2.0 ** min(attempts, 20), LONGEST_BACKOFF) * random.uniform(0.5, 1.5))  # noqa: S311  # not a secret


def _hold_back(answered: Answered) -> None:
    outcome, device = answered.outcome, answered.push.device
    match outcome.verdict:
        case Verdict.DELAY_DEVICE:
            with connection.cursor() as cursor:
                cursor.execute(_DELAY, [outcome.wait.total_seconds(), device.pk])
        case Verdict.PAUSE_PLATFORM:
            log.error("push.platform_paused", platform=device.platform, error=outcome.detail)
            pause(scope=device.platform, wait=outcome.wait, why=outcome.detail)
        case Verdict.PAUSE_ALL:
            log.warning("push.paused", error=outcome.detail, seconds=outcome.wait.total_seconds())
            pause(scope=Pause.EVERYTHING, wait=outcome.wait, why=outcome.detail)
        case Verdict.OPEN_CIRCUIT:
            log.error("push.circuit_open", error=outcome.detail)
            pause(scope=Pause.EVERYTHING, wait=outcome.wait, why=outcome.detail)


def _retire(answers: Sequence[Answered]) -> set[object]:
    """The devices that are gone. One that registered again since the send is not: what was refused was its past."""
    if not answers:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            _RETIRE,
            [
                [each.push.device.pk for each in answers],
                [each.started_at for each in answers],
                [each.outcome.detail for each in answers],
            ],
        )
        return {device for (device,) in cursor.fetchall()}


def _write(rows: Sequence[_Row]) -> Counter[str]:
    """Returns how many ended how."""
    if not rows:
        return Counter()
    explained = {id: row.why for row in rows if row.why and (id := row.push.notification_id)}
    explained |= {id: Why.RANG for row in rows if row.why is Why.RANG and (id := row.push.notification_id)}
    with connection.cursor() as cursor:
        columns = orjson.dumps([row.columns() for row in rows]).decode()
        cursor.execute(WRITE, {"rows": columns, "pushes": written(row.push.pk for row in rows)})
        ended: list[tuple[str, int]] = cursor.fetchall()
    explain(explained)
    return Counter(_outcome(status, attempts) for status, attempts in ended)


def explain(whys: Mapping[str, Notification.Why]) -> None:
    """Why these notifications ring, or do not. One that rang has rung."""
    values = {"notifications": written(whys), "whys": orjson.dumps(whys).decode()}
    with connection.cursor() as cursor:
        cursor.execute(EXPLAIN, values)


def _outcome(status: str, attempts: int) -> str:
    if status != Status.PENDING:
        return status
    return PushCount.RETRIED if attempts else PushCount.PUT_OFF
