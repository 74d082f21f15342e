"""An exam as events: one for each sitting that is wanted."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Event

from apps.courses.calendar.events import Version, event

Json = dict[str, Any]


def exam_events(
    exam: Json, *, zone: ZoneInfo, version: Version, wanted: Callable[[Json], bool]
) -> Iterator[Event]:
    """A sitting has no id of its own: it is known by its place among all of the exam's, wanted or not."""
    for number, sitting in enumerate(exam["sittings"], start=1):
        if wanted(sitting):
            yield event(
                uid=f"{exam['id']}-{number}@campanile",
                version=version,
                starts_at=datetime.fromisoformat(sitting["starts_at"]).astimezone(zone),
                ends_at=datetime.fromisoformat(sitting["ends_at"]).astimezone(zone),
                summary=f"{exam['course__code']} {exam['course__title']} ({exam['kind']} exam)",
                kind="exam",
                url=exam["course__url"] or f"campanile://exams/{exam['id']}",
                rooms=sitting["rooms"],
                description=[text for text in (exam["period"], exam["note"]) if text],
            )
