"""The worker's apply lane: from stored deliveries to the catalogue.

Any number of workers may run it. An attempt is committed before it is made, so a delivery that kills the process is not tried for ever.
"""

import json
import traceback
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

import structlog
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from apps.core.arrays import AnyOf, written
from apps.core.prepared import Prepared, preparing_cursor
from apps.courses.ledger import Origin, Outcome
from apps.courses.models import HeldDeletions
from apps.webhooks import dialects
from apps.webhooks.handlers import apply_events, parse_event
from apps.webhooks.models import Delivery

MAX_ATTEMPTS = 5
FIRST_PAUSE = timedelta(seconds=0.2)  # four times as long after every further attempt
BATCH = 100
BATCH_BYTES = 8 * 1024 * 1024

logger = structlog.get_logger(__name__)
_is_any_due = Prepared.exists(Delivery.objects.due)


class Unfinished(Exception):
    """The last attempt left neither a result nor an error: the process died in it."""


def apply_pending() -> int:
    """Apply the oldest waiting deliveries: fresh ones together, those tried before one by one. Returns how many were looked at."""
    if not _is_any_due():  # as mostly: an idle worker opens no transaction
        return 0
    claimed = _claim()
    fresh = [id for id, attempts in claimed if attempts == 0]
    alone = [(id, attempts) for id, attempts in claimed if attempts > 0]
    if not _apply_together(fresh):
        alone = [*((id, 1) for id in fresh), *alone]
    for id, attempts in alone:
        _apply_alone(id, attempts)
    return len(claimed)


# Those of the oldest that fit in memory together, or the oldest alone. The fresh ones are tried at once, so their attempt is
# counted here: in one statement, since to claim in four took a sixth of what it takes to apply a delivery that comes alone.
_CLAIM = """
    WITH due AS (
        SELECT id, attempts, length(body) AS size FROM webhooks_delivery
        WHERE status = 'pending' AND next_attempt_at <= statement_timestamp()
        ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED
    ), batch AS (
        SELECT id, attempts
        FROM (SELECT id, attempts, size, sum(size) OVER (ORDER BY id) AS together FROM due) AS summed
        WHERE together <= greatest(size, %(most_bytes)s)
    ), begun AS (
        UPDATE webhooks_delivery SET attempts = 1, next_attempt_at = statement_timestamp() + %(pause)s * interval '1 second'
        WHERE id = ANY (ARRAY(SELECT id FROM batch WHERE attempts = 0))
    )
    SELECT id, attempts FROM batch ORDER BY id
"""


def _claim() -> list[tuple[int, int]]:
    """Ids and past attempts of a batch."""
    with preparing_cursor() as cursor:
        pause = _pause_after(1).total_seconds()
        cursor.execute(_CLAIM, {"most": BATCH, "most_bytes": BATCH_BYTES, "pause": pause})
        claimed: list[tuple[int, int]] = cursor.fetchall()
    return claimed


def _begin_attempt(ids: Sequence[int], *, past: int) -> int:
    """Count an attempt before it is made, and give it time before anyone tries again. Returns for how many `past` is still right.

    To be committed before the attempt: a delivery that kills the process must find its attempt counted.
    """
    waiting = Delivery.objects.filter(pk__in=ids, status=Delivery.Status.PENDING, attempts=past)
    return waiting.update(attempts=past + 1, next_attempt_at=Now() + _pause_after(past + 1))


def _pause_after(attempts: int) -> timedelta:
    pause: timedelta = FIRST_PAUSE * 4**attempts
    return pause


def _apply_together(ids: Sequence[int]) -> bool:
    """All in one transaction; False, with nothing done, when any of them fails."""
    if not ids:
        return True
    try:
        with transaction.atomic():
            _apply(ids)
    except Exception:
        if not _database_answers():
            raise
        logger.warning("batch_failed", deliveries=len(ids), exc_info=True)
        return False
    return True


def _apply_alone(id: int, past: int) -> None:
    """Nothing when another worker has begun an attempt since `past` ones were counted."""
    if past >= MAX_ATTEMPTS:
        _note_failure(id, Unfinished(f"the process died in attempt {past}"))
        return
    if not _begin_attempt([id], past=past):
        return
    try:
        with transaction.atomic():
            _apply([id])
    except Exception as error:
        if not _database_answers():
            raise
        _note_failure(id, error)


def _database_answers() -> bool:
    """If so, the fault is the delivery's, also when it is of PostgreSQL: a limit, a timeout, a lost connection that is back by now."""
    return connection.is_usable()


_WAITING = Prepared.objects(
    lambda ids: Delivery.objects.waiting().filter(AnyOf("id", ids)).select_for_update(),
    {"id", "public_id", "source", "body", "silenced"},
    stand_ins=({"ids": "{1}"}, {"ids": "{2}"}),
)


def _apply(ids: Sequence[int]) -> None:
    """Those of them that still wait, in order of arrival.

    Waits for who holds one, instead of passing it by: a claim that came second may hold rows it then does not take, and what is passed
    by here would have lost an attempt for nothing.
    """
    now = timezone.now()
    events = {
        delivery: parse_event(dialects.read_again(delivery.source, bytes(delivery.body)), now=now)
        for delivery in _WAITING(ids=written(ids))
    }
    known = {delivery: event for delivery, event in events.items() if event}
    outcomes = apply_events((event, _origin(delivery)) for delivery, event in known.items())
    _look_again_at_held(outcomes)
    _note_done({**dict.fromkeys(events), **dict(zip(known, outcomes, strict=True))})


def _look_again_at_held(outcomes: Iterable[Outcome]) -> None:
    """What one snapshot left waiting a newer one in the same batch may have made moot."""
    held = {outcome.held.pk: outcome for outcome in outcomes if outcome.held}
    for id, now in HeldDeletions.objects.in_bulk(held).items() if held else ():
        held[id].held = now


def _origin(delivery: Delivery) -> Origin:
    return Origin(source=delivery.source, delivery=delivery.public_id, silenced=delivery.silenced)


# A replay that changes nothing leaves standing what the delivery once did: its revision and the result of that time.
_DONE = """
    UPDATE webhooks_delivery AS delivery
    SET status = done.status, error = '', processed_at = clock_timestamp(),
        revision = coalesce(done.revision, delivery.revision),
        result = CASE WHEN done.revision IS NULL AND delivery.revision IS NOT NULL THEN delivery.result ELSE done.result END
    FROM jsonb_to_recordset(%s::jsonb) AS done (id bigint, status text, revision bigint, result jsonb)
    WHERE delivery.id = done.id
"""


def _note_done(outcomes: Mapping[Delivery, Outcome | None]) -> None:
    """Without an outcome it was of a type we do not know."""
    rows = [
        {
            "id": delivery.pk,
            "status": _status(outcome),
            "revision": outcome and outcome.revision,
            "result": outcome.as_json() if outcome else {},
        }
        for delivery, outcome in outcomes.items()
    ]
    with preparing_cursor() as cursor:
        cursor.execute(_DONE, [json.dumps(rows)])


def _status(outcome: Outcome | None) -> Delivery.Status:
    if outcome is None:
        return Delivery.Status.IGNORED
    return Delivery.Status.HELD if outcome.held and outcome.held.waits else Delivery.Status.PROCESSED


def _note_failure(id: int, error: Exception) -> None:
    """Dead after the last attempt, else waiting for the next, with the traceback kept for staff either way."""
    with transaction.atomic():
        delivery = Delivery.objects.select_for_update().get(pk=id)
        if delivery.status != Delivery.Status.PENDING:
            return
        delivery.error = "".join(traceback.format_exception(error))[-20_000:].replace("\0", "")
        if delivery.attempts >= MAX_ATTEMPTS:
            delivery.status = Delivery.Status.DEAD
        delivery.save(update_fields=["error", "status"])
    logger.error(
        "delivery_failed",
        delivery=str(delivery.public_id),
        status=delivery.status,
        attempts=delivery.attempts,
        exc_info=error,
    )
