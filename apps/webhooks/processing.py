"""The worker's apply lane: from stored deliveries to the catalogue.

Any number of workers may run it. An attempt is committed before it is made, so a delivery that kills the process is not tried for ever.
"""

import traceback
from collections.abc import Sequence
from datetime import timedelta

import structlog
from django.db import connection, transaction
from django.db.models.functions import Length, Now
from django.utils import timezone

from apps.courses.ledger import Origin
from apps.webhooks.bodies import parse_envelope
from apps.webhooks.handlers import parse_event
from apps.webhooks.models import Delivery

MAX_ATTEMPTS = 5
FIRST_PAUSE = timedelta(seconds=0.2)  # four times as long after every further attempt
BATCH = 50
BATCH_BYTES = 8 * 1024 * 1024

logger = structlog.get_logger(__name__)


class Unfinished(Exception):
    """The last attempt left neither a result nor an error: the process died in it."""


def apply_pending() -> int:
    """Apply the oldest waiting deliveries: fresh ones together, those tried before one by one. Returns how many were looked at."""
    claimed = _claim()
    fresh = [id for id, attempts in claimed if attempts == 0]
    alone = [(id, attempts) for id, attempts in claimed if attempts > 0]
    if not _apply_together(fresh):
        alone = [*((id, 1) for id in fresh), *alone]
    for id, attempts in alone:
        _apply_alone(id, attempts)
    return len(claimed)


def _claim() -> list[tuple[int, int]]:
    """Ids and past attempts of a batch that fits in memory. The fresh ones are tried at once, so theirs is counted here."""
    with transaction.atomic():
        waiting = Delivery.objects.due().select_for_update(skip_locked=True)
        sizes = list(waiting.values_list("id", "attempts", Length("body"))[:BATCH])
        batch: list[tuple[int, int]] = []
        total = 0
        for id, attempts, size in sizes:
            total += size
            if batch and total > BATCH_BYTES:
                break
            batch.append((id, attempts))
        _begin_attempt([id for id, attempts in batch if attempts == 0], past=0)
    return batch


def _begin_attempt(ids: Sequence[int], *, past: int) -> int:
    """Count an attempt before it is made, and give it time before anyone tries again. Returns for how many `past` is still right.

    To be committed before the attempt: a delivery that kills the process must find its attempt counted.
    """
    waiting = Delivery.objects.filter(pk__in=ids, status=Delivery.Status.PENDING, attempts=past)
    return waiting.update(attempts=past + 1, next_attempt_at=Now() + FIRST_PAUSE * 4 ** (past + 1))


def _apply_together(ids: Sequence[int]) -> bool:
    """All in one transaction; False, with nothing done, when any of them fails."""
    if not ids:
        return True
    try:
        with transaction.atomic():
            for delivery in Delivery.objects.waiting().filter(pk__in=ids).select_for_update(skip_locked=True):
                _apply(delivery)
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
            for delivery in Delivery.objects.waiting().filter(pk=id).select_for_update(skip_locked=True):
                _apply(delivery)
    except Exception as error:
        if not _database_answers():
            raise
        _note_failure(id, error)


def _database_answers() -> bool:
    """If so, the fault is the delivery's, also when it is of PostgreSQL: a limit, a timeout, a lost connection that is back by now."""
    return connection.is_usable()


def _apply(delivery: Delivery) -> None:
    event = parse_event(parse_envelope(bytes(delivery.body)), now=timezone.now())
    if event is None:
        delivery.status = Delivery.Status.IGNORED
    else:
        origin = Origin(source=delivery.source, delivery=delivery.public_id, silenced=delivery.silenced)
        outcome = event.apply(origin)
        delivery.status, delivery.revision, delivery.result = (
            Delivery.Status.HELD if outcome.held else Delivery.Status.PROCESSED,
            outcome.revision,
            outcome.as_json(),
        )
    delivery.error = ""
    delivery.processed_at = timezone.now()
    delivery.save(update_fields=["status", "revision", "result", "error", "processed_at"])


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
