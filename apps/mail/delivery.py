"""From letters to the mail server: the mail lane of the worker."""

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from time import monotonic

from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection

from apps.mail.models import Letter
from apps.mail.outcomes import Outcome, Verdict, describe, judge
from apps.mail.settling import release, report_outage, settle

BATCH = 20
LEASE = timedelta(seconds=120)
# Handing over a letter takes a handful of answers, each within EMAIL_TIMEOUT, 10 s: none is begun that could outlive the lease. Far earlier than it
# must be, since a lane that is not heard of for half a minute is taken for dead.
LATEST_START = 20.0

_CLAIM = """
    UPDATE mail_letter AS letter SET lease_until = statement_timestamp() + %(lease)s * interval '1 second'
    FROM (
        SELECT waiting.id FROM mail_letter AS waiting
        WHERE waiting.status = 'pending' AND waiting.next_try_at <= statement_timestamp()
          AND (waiting.lease_until IS NULL OR waiting.lease_until <= statement_timestamp())
          AND waiting.expires_at > statement_timestamp()
          AND NOT EXISTS (SELECT FROM mail_outage AS outage WHERE outage.until > statement_timestamp())
        ORDER BY waiting.bulk, waiting.next_try_at
        LIMIT %(batch)s
        FOR UPDATE SKIP LOCKED
    ) AS due
    WHERE letter.id = due.id
    RETURNING letter.id, statement_timestamp()
"""


def send_due() -> int:
    """Claim a batch and hand it to the mail server over one connection; how many were claimed. No transaction is open while sending."""
    began = monotonic()
    letters, claimed_at = claim()
    if not letters:
        return 0
    untouched = list(letters)
    try:
        with _mail_server() as server:
            for letter in letters:
                elapsed = monotonic() - began
                if elapsed > LATEST_START:
                    break
                untouched.remove(letter)
                if letter.expires_at <= claimed_at + timedelta(seconds=elapsed):
                    release([letter])
                    continue
                outcome = _send(server, letter)
                # One by one: what a crash repeats is one letter at the most.
                settle(letter, outcome)
                if outcome.server_out:
                    break
    except _NoServer as error:
        report_outage(str(error))
    finally:
        release(untouched)
    return len(letters)


def claim() -> tuple[list[Letter], datetime]:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"lease": LEASE.total_seconds(), "batch": BATCH})
        rows = cursor.fetchall()
    letters = Letter.objects.filter(pk__in=[row[0] for row in rows]).order_by("bulk", "next_try_at")
    return (list(letters), rows[0][1]) if rows else ([], datetime.now(UTC))


class _NoServer(Exception):
    """No connection could be opened."""


@contextmanager
def _mail_server() -> Iterator[BaseEmailBackend]:
    server = get_connection()
    try:
        try:
            server.open()
            # Django leaves the greeting to the first letter, which can do nothing about a server that ends there.
            if isinstance(smtp := getattr(server, "connection", None), smtplib.SMTP):
                smtp.ehlo_or_helo_if_needed()
        except OSError as error:
            raise _NoServer(describe(error)) from error
        yield server
    finally:
        # Its farewell is of no interest, and may well be the reset that has ended the batch.
        with suppress(OSError):
            server.close()


def _send(server: BaseEmailBackend, letter: Letter) -> Outcome:
    try:
        server.send_messages([_message(letter)])
    except Exception as error:  # noqa: BLE001  # each is judged
        return judge(error)
    return Outcome(Verdict.SENT)


def _message(letter: Letter) -> EmailMultiAlternatives:
    headers = {"Message-ID": letter.message_id, "Auto-Submitted": "auto-generated", **letter.headers}
    message = EmailMultiAlternatives(letter.subject, letter.text, to=[letter.address], headers=headers)
    if letter.html:
        message.attach_alternative(letter.html, "text/html")
    return message
