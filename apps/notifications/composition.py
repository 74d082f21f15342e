"""What one notification holds, the same for every user whom the same changes concern."""

import dataclasses
import uuid
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from apps.notifications.affected_moments import affected_moments
from apps.notifications.headlines import Headline, headlines
from apps.notifications.net_change import NetChange
from apps.notifications.subjects import Subjects

# FCM keeps a message for a phone that is off; older news than this is read in the app, not rung.
LONGEST_LIFE = timedelta(days=7)
# What begins sooner than this is urgent.
HIGH_PRIORITY_WITHIN = timedelta(hours=24)


@dataclasses.dataclass(frozen=True, slots=True)
class Composition:
    """The content of a notification. `link` may name the notification itself as {notification}."""

    kind: str
    category: str
    course: uuid.UUID | None
    changes: list[dict[str, Any]]
    params: dict[str, Any]
    link: str
    starts_at: datetime | None
    expires_at: datetime


def still_ahead(changes: Sequence[NetChange], subjects: Subjects, now: datetime) -> list[NetChange]:
    """Without those whose days are all over, in the zone of their term, and without those of objects that are gone."""
    return [
        c
        for c in changes
        if subjects.knows(c) and any(day >= now.astimezone(subjects.zone(c)).date() for day in c.dates)
    ]


def compose(changes: Sequence[NetChange], subjects: Subjects, now: datetime) -> Composition | None:
    """None when nothing in it is news, as an exception changed on a day that is over."""
    zone = subjects.zone(changes[0])
    today = now.astimezone(zone).date()
    params = subjects.params(changes)
    news = headlines(changes, params["states"], today=today)
    if not news:
        return None
    last = max(day for change in changes for day in change.dates)
    courses = {item.change.course for item in news}
    return Composition(
        kind=news[0].kind,
        category=news[0].category,
        course=next(iter(courses)) if len(courses) == 1 else None,
        changes=[change.to_json() for change in changes],
        params=params,
        link=_link(news),
        starts_at=min(
            (moment for moment in affected_moments(changes, subjects) if moment >= now), default=None
        ),
        expires_at=min(_midnight(last + timedelta(days=1), zone), now + LONGEST_LIFE),
    )


def _link(news: Sequence[Headline]) -> str:
    """Where a tap leads: as near to the matter as something still exists and is one."""
    head = news[0]
    courses = {item.change.course for item in news}
    if len(courses) > 1 or head.change.course is None or head.kind == "course_removed":
        return "campanile://notifications/{notification}"
    course = f"campanile://courses/{head.change.course}"
    if len({item.change.id for item in news}) > 1 or head.kind.endswith("_removed"):
        return course
    if head.change.object == "exam":
        return f"campanile://exams/{head.change.id}"
    if head.change.object == "entry":
        return f"{course}/entries/{head.change.id}" + (f"?date={head.day}" if head.day else "")
    return course


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time.min, zone)
