"""The secret addresses of personal calendars: made, followed and ended."""

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from apps.courses.models import CalendarFeed

_NOTED_EVERY = timedelta(hours=1)


def rotate(*, user_id: UUID, now: datetime) -> tuple[CalendarFeed, str]:
    """(the user's feed, its new secret). The secret before is dead; this one is shown now and never again."""
    secret = secrets.token_urlsafe(32)
    feed = CalendarFeed(user_id=user_id, fingerprint=_fingerprint(secret), created_at=now)
    CalendarFeed.objects.bulk_create(
        [feed],
        update_conflicts=True,
        unique_fields=["user"],
        update_fields=["fingerprint", "created_at", "last_fetched_at"],
    )
    return feed, secret


def end(*, user_id: UUID) -> None:
    CalendarFeed.objects.filter(user=user_id).delete()


def opened_by(secret: str) -> CalendarFeed | None:
    """The feed of somebody who may sign in. Found by hash, so the time it takes tells nothing about secrets that exist."""
    return CalendarFeed.objects.filter(fingerprint=_fingerprint(secret), user__is_active=True).first()


def note_fetch(feed: CalendarFeed, *, now: datetime) -> None:
    """Programs ask every few minutes; a write for each would be one too many."""
    if feed.last_fetched_at is None or now - feed.last_fetched_at >= _NOTED_EVERY:
        CalendarFeed.objects.filter(pk=feed.pk, fingerprint=feed.fingerprint).update(last_fetched_at=now)


def _fingerprint(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
