"""Terms as the API shows them: the stored document, and what today is in the term. Only the latter depends on the clock."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from django.http import Http404
from django.utils import timezone

from apps.core.copies import Rendered
from apps.core.paging import Page
from apps.courses import reading
from apps.courses.cache import TERMS
from apps.courses.models import Term
from apps.courses.render import inside, to_text
from apps.courses.timetable import Calendar

Json = dict[str, Any]

_PARTS = (TERMS,)
_TERM = reading.PreparedDocument(Term.objects.filled())


def page(page: Page) -> Rendered:
    found = reading.documents(page, reading.Question.of(page, Term.objects.filled(), "-starts_on"))
    shown, midnight = _with_today(found.results, timezone.now())
    body = page.envelope(inside(shown), found.window, count=found.count)
    return Rendered(body, found.revision, expires_at=midnight, parts=_PARTS)


def one(id: UUID) -> Rendered:
    revision, document = _TERM.read(id)
    shown, midnight = _with_today(document, timezone.now())
    if not shown:
        raise Http404
    return Rendered(to_text(shown[0]).encode(), revision, expires_at=midnight, parts=_PARTS)


def _with_today(documents: bytes, now: datetime) -> tuple[list[Json], datetime | None]:
    """The terms with `week` and `today_taught_as`, and when the first of their zones reaches the next day."""
    terms: list[Json] = orjson.loads(b"[%b]" % documents)
    shown = [{**term, **today(term, now.astimezone(ZoneInfo(term["time_zone"])).date())} for term in terms]
    return shown, min((_midnight(now, ZoneInfo(term["time_zone"])) for term in terms), default=None)


def today(term: Json, day: date) -> Json:
    """`week` counts from the term's first teaching day; both are null outside teaching."""
    for weekday, days in Calendar(term).by_weekday.items():
        for teaching in days:
            if teaching.date == day:
                return {"week": teaching.week, "today_taught_as": weekday}
    return {"week": None, "today_taught_as": None}


def _midnight(now: datetime, zone: ZoneInfo) -> datetime:
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, datetime.min.time(), zone)
