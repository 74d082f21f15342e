"""Limits that hold exactly under parallel tries, on as many hosts as there are, with PostgreSQL alone.

A try takes its place in one atomic upsert, before anything else is done; the row lock makes parallel tries queue for microseconds.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from apps.users.models import Attempts


@dataclass(frozen=True, slots=True)
class Limit:
    """So many times within any stretch of `window`."""

    name: str
    times: int
    window: timedelta = timedelta(minutes=1)

    def key(self, subject: str) -> str:
        return salted_hmac(f"apps.users.throttling.{self.name}", subject, algorithm="sha256").hexdigest()


WRONG_SIGN_INS = Limit("wrong sign-ins of an account", times=5)
EXPORTS = Limit("exports of an account", times=10)
DELETION_LINKS = Limit("links to delete an account", times=3, window=timedelta(hours=1))
DELETION_PAGES = Limit("requests for such links from an address", times=30, window=timedelta(minutes=1))
REFRESHES = Limit("refreshes from an address", times=60)
# Each of these puts a letter into the mailbox of whoever has the address.
REGISTRATIONS = Limit("registrations of an account", times=5, window=timedelta(hours=1))
RESENDS = Limit("resent confirmations of an account", times=5, window=timedelta(hours=1))
RESETS = Limit("resets of an account", times=5, window=timedelta(hours=1))

_TAKE = """
INSERT INTO users_attempts AS attempts (key, taken, stale_at) VALUES (%(key)s, ARRAY[%(now)s], %(stale_at)s)
ON CONFLICT (key) DO UPDATE
SET taken = ARRAY(SELECT t FROM unnest(attempts.taken) AS t WHERE t > %(since)s) || %(now)s, stale_at = %(stale_at)s
WHERE (SELECT count(*) FROM unnest(attempts.taken) AS t WHERE t > %(since)s) < %(times)s
"""
_GIVE_BACK = """
UPDATE users_attempts
SET taken = taken[:array_position(taken, %(now)s) - 1] || taken[array_position(taken, %(now)s) + 1:]
WHERE key = %(key)s AND %(now)s = ANY(taken)
"""
_SWEEP = """
DELETE FROM users_attempts WHERE key = ANY (ARRAY(
    SELECT key FROM users_attempts WHERE stale_at < %(now)s ORDER BY stale_at LIMIT 2 FOR UPDATE SKIP LOCKED
))
"""


def take(limit: Limit, *, subject: str, now: datetime) -> None:
    """Commits by itself: what follows may fail or be rolled back, the try still counts. Raises Throttled."""
    since = now - limit.window
    key = limit.key(subject)
    values: dict[str, str | int | datetime] = {
        "key": key,
        "now": now,
        "since": since,
        "stale_at": now + limit.window,
        "times": limit.times,
    }
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(_TAKE, values)
        taken = cursor.rowcount == 1
    if not taken:
        raise Throttled(wait=_wait(limit, key=key, now=now))
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        # Two stale rows go for each one that may come, so that addresses nobody has cannot fill the table.
        cursor.execute(_SWEEP, values)


def give_back(limit: Limit, *, subject: str, now: datetime) -> None:
    """The try taken at `now` turned out to be none."""
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, {"key": limit.key(subject), "now": now})


@contextmanager
def counted(limit: Limit, *, subject: str, now: datetime) -> Iterator[None]:
    """A try, which was none unless what is done within raises. Not to be called in a transaction. Raises Throttled."""
    take(limit, subject=subject, now=now)
    yield
    give_back(limit, subject=subject, now=now)


def _wait(limit: Limit, *, key: str, now: datetime) -> float:
    """Seconds until the next try may pass: when the oldest of the last `times` leaves the window."""
    row = Attempts.objects.filter(pk=key).first()
    last = sorted(row.taken)[-limit.times :] if row else []
    return max(1.0, (last[0] + limit.window - now).total_seconds()) if len(last) == limit.times else 1.0


def client_address(request: HttpRequest | Request) -> str:
    """The address the outermost of our TRUSTED_PROXIES saw; whatever stands left of it in X-Forwarded-For the client wrote itself."""
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")
    hops = [hop for hop in map(str.strip, forwarded) if hop] + [str(request.META.get("REMOTE_ADDR", ""))]
    return hops[max(-len(hops), -1 - settings.TRUSTED_PROXIES)]


class AddressThrottle(BaseThrottle):
    """For one route: so many a minute from one address, behind which a whole campus may sit."""

    limit: Limit

    def allow_request(self, request: Request, view: APIView) -> bool:
        take(self.limit, subject=client_address(request), now=timezone.now())
        return True


class ExportThrottle(BaseThrottle):
    """For the view of the export: so many a minute for one user."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        take(EXPORTS, subject=str(request.user.pk), now=timezone.now())
        return True


class RefreshThrottle(AddressThrottle):
    limit = REFRESHES


def sixty_a_minute(what: str) -> type[AddressThrottle]:
    return type("Throttle", (AddressThrottle,), {"limit": Limit(f"{what} from an address", times=60)})
