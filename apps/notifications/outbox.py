"""From change sets to messages: the fan-out lane of the worker."""

import traceback
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

import structlog
from django.db import DatabaseError, connection, transaction
from django.db.models import Count, QuerySet
from django.utils import timezone

from apps.core.prepared import Prepared
from apps.core.worker import wake
from apps.courses.models import Change
from apps.notifications.expansion import expand
from apps.notifications.models import FanOut

MOST_ATTEMPTS = 5
# What is expanded together is told when all of it is, so it is kept small.
BATCH = 20
MOST_CHANGES = 1000
# Folding looks across change sets, so one worker expands at a time.
_ONE_AT_A_TIME = 0x63616D70

log = structlog.get_logger(__name__)


def expand_due() -> int:
    """Expand what has been due longest; how many change sets were tried. A fault is kept on its row, which gives way to others."""
    if not _is_any_due(
        now=timezone.now()
    ):  # as mostly, so that an idle worker asks one question and not five
        return 0
    with turn() as mine:
        fan_outs = _begin_attempt(timezone.now()) if mine else []
        if alive := [each for each in fan_outs if each.dead_at is None]:
            _attempt(alive)
        return len(fan_outs)


@contextmanager
def turn() -> Iterator[bool]:
    """Whether it is this worker's turn. The lock spans transactions; should the process or its connection die, it is free."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_ONE_AT_A_TIME])
        mine = cursor.fetchone() == (True,)
    try:
        yield mine
    finally:
        if mine:
            with suppress(DatabaseError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_ONE_AT_A_TIME])


def _due(now: datetime) -> QuerySet[FanOut]:
    return FanOut.objects.filter(expanded_at=None, dead_at=None, due_at__lte=now)


_is_any_due = Prepared.exists(
    _due, stand_ins=({"now": datetime(2026, 1, 1, tzinfo=UTC)}, {"now": datetime(2026, 1, 2, tzinfo=UTC)})
)


@transaction.atomic
def _begin_attempt(now: datetime) -> list[FanOut]:
    """The one that has been due longest, with those that may go with it, unless it has been tried before: then it goes alone.

    The attempt is counted before it is made, and lets others go before the next: one that kills the process must find itself counted.
    """
    due = list(_due(now).order_by("due_at", "pk").select_for_update(skip_locked=True)[:BATCH])
    if not due:
        return []
    first = due[0]
    if first.attempts >= MOST_ATTEMPTS:
        first.dead_at = now
        first.error = f"The process died in attempt {first.attempts}.\n\n{first.error}".rstrip()
        first.save(update_fields=["dead_at", "error"])
        log.error("fan_out.dead", revision=first.change_set_id, attempts=first.attempts)
        return [first]
    chosen = [first] if first.attempts else _going_together([each for each in due if not each.attempts])
    for each in chosen:
        each.attempts += 1
    again_at = now + timedelta(seconds=2**first.attempts)
    FanOut.objects.filter(pk__in=[each.pk for each in chosen]).update(
        attempts=first.attempts, due_at=again_at
    )
    return chosen


def _going_together(due: Sequence[FanOut]) -> list[FanOut]:
    """As many of the first as touch courses of their own and are no more than a moment's work. One about a whole term goes alone."""
    courses_of: dict[int, set[uuid.UUID | None]] = defaultdict(set)
    sizes: Counter[int] = Counter()
    rows = Change.objects.filter(change_set__in=[each.pk for each in due])
    for revision, course, count in rows.values_list("change_set", "course").annotate(Count("pk")):
        courses_of[revision].add(course)
        sizes[revision] += count
    chosen: list[FanOut] = []
    courses: set[uuid.UUID | None] = set()
    changes = 0
    for each in due:
        here = courses_of[each.pk]
        changes += sizes[each.pk]
        if chosen and (changes > MOST_CHANGES or courses & here or None in courses | here):
            break
        chosen.append(each)
        courses |= here
    return chosen


def _attempt(fan_outs: Sequence[FanOut]) -> None:
    """Together or, should that fail, each by itself, so that only what is faulty has to wait."""
    try:
        with transaction.atomic():
            expand(fan_outs, timezone.now())
        wake("push")
    except Exception as error:
        if len(fan_outs) > 1:
            log.warning("fan_out.apart", revisions=[each.pk for each in fan_outs], exc_info=error)
            for each in fan_outs:
                _attempt([each])
            return
        [fan_out] = fan_outs
        log.error("fan_out.failed", revision=fan_out.change_set_id, attempts=fan_out.attempts, exc_info=error)
        _note_failure(fan_out, error)


def retry(fan_outs: QuerySet[FanOut]) -> int:
    """Those that are dead are due again, with all their attempts; how many were."""
    return fan_outs.filter(expanded_at=None, dead_at__isnull=False).update(
        dead_at=None, attempts=0, due_at=timezone.now()
    )


def _note_failure(fan_out: FanOut, error: Exception) -> None:
    """Without a database to note it in, the fault is the lane's."""
    fan_out.error = "".join(traceback.format_exception(error))[-20_000:].replace("\0", "")
    fan_out.dead_at = timezone.now() if fan_out.attempts >= MOST_ATTEMPTS else None
    fan_out.save(update_fields=["error", "dead_at"])
