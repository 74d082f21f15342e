"""What comes next for one person: small enough for a widget on a phone's first screen."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from apps.courses import exams, schedule
from apps.courses.enrolments import entries_of, not_hidden, rules_of

Json = dict[str, Any]
AHEAD = timedelta(days=14)
_DAY = timedelta(days=1)


def read(user_id: UUID, now: datetime) -> Json:
    """The next meeting that is held, running or starting within two weeks, and the next exam; each as in its list, or None."""
    # A day more on either side: dates are those of the terms' zones.
    days = schedule.DateRange((now - _DAY).date(), (now + AHEAD + _DAY).date())
    rules = rules_of(user_id)
    entries = not_hidden(entries_of(rules), user_id)
    _, items = schedule.read(entries, days, lambda meeting: meeting.status != "cancelled")
    ahead = [
        item for item in items if _moment(item["ends_at"]) > now and _moment(item["starts_at"]) <= now + AHEAD
    ]
    return {
        "occurrence": min(ahead, key=lambda item: _moment(item["starts_at"]), default=None),
        "exam": next(iter(exams.read_mine(rules, now).items), None),
    }


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
