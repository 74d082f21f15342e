"""Writing what became of letters."""

import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

import structlog
from django.db import connection, transaction

from apps.mail.models import Letter, LetterCount, Outage
from apps.mail.outcomes import Outcome, Verdict

LONGEST_BACKOFF = 600.0

log = structlog.get_logger(__name__)
Status = Letter.Status

# A worker so slow that another took over writes nothing over what that one settled, except that it was sent.
_SETTLE = """
    UPDATE mail_letter SET status = %(status)s, error = %(error)s, attempts = attempts + 1, lease_until = NULL,
        text = '', html = '', headers = '{}', settled_at = statement_timestamp()
    WHERE id = %(id)s AND (status = 'pending' OR %(status)s = 'sent')
"""
_RETRY = """
    UPDATE mail_letter SET error = %(error)s, attempts = attempts + 1, lease_until = NULL,
        next_try_at = statement_timestamp() + %(wait)s * interval '1 second'
    WHERE id = %(id)s AND status = 'pending'
"""


def settle(letter: Letter, outcome: Outcome) -> None:
    facts: dict[str, Any] = {"id": letter.pk, "error": outcome.detail, "wait": _backoff(letter.attempts)}
    match outcome.verdict:
        case Verdict.SENT:
            statement, counted = _SETTLE, Status.SENT.value
        case Verdict.DEAD:
            log.warning("mail.dead", letter=str(letter.pk), error=outcome.detail)
            statement, counted = _SETTLE, Status.DEAD.value
        case Verdict.RETRY:
            statement, counted = _RETRY, LetterCount.RETRIED
    with transaction.atomic():
        if outcome.verdict is Verdict.SENT:
            Outage.objects.all().delete()
        elif outcome.server_out:
            report_outage(outcome.detail)
        with connection.cursor() as cursor:
            cursor.execute(statement, {**facts, "status": counted})
            written = cursor.rowcount
        LetterCount.objects.add(Counter({counted: written} if written else {}))


def report_outage(why: str) -> None:
    log.error("mail.outage", error=why)
    Outage.objects.extend(why)


def release(letters: Sequence[Letter]) -> None:
    """Not tried after all: the next claim may have them."""
    Letter.objects.filter(pk__in=[letter.pk for letter in letters], status=Status.PENDING).update(
        lease_until=None
    )


def _backoff(attempts: int) -> float:
    """Seconds: 5, 10, 20 and so on, with jitter. What greylists a sender wants it back in minutes (RFC 6647, section 5)."""
    return float(min(5.0 * 2.0 ** min(attempts, 20), LONGEST_BACKOFF) * random.uniform(0.5, 1.5))  # noqa: S311  # not a secret
