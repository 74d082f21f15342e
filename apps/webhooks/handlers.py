"""The events Campanile understands: for each type, the shape of its data and how it is applied."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from apps.courses import sync
from apps.courses.course_writes import CourseVersion
from apps.courses.ledger import Origin, Outcome
from apps.courses.models.sourced import Json
from apps.courses.payloads import COURSE, COURSE_REFERENCE, SNAPSHOT, TERM
from apps.courses.shapes import Faulty, Place, Shape
from apps.webhooks.bodies import Envelope, Fault, Malformed


@dataclass(frozen=True, slots=True)
class Handler:
    shape: Shape
    apply: Callable[[Json, datetime, Origin], Outcome]


@dataclass(frozen=True, slots=True)
class CourseHandler:
    """What is said of single courses: many such events are written with the statements of one."""

    shape: Shape
    version: Callable[[Json, datetime], CourseVersion]


@dataclass(frozen=True, slots=True)
class Event:
    """A well-formed event of a known type, its document in canonical form."""

    handler: Handler | CourseHandler
    document: Json
    happened_at: datetime


HANDLERS: Mapping[str, Handler | CourseHandler] = {
    "term.updated": Handler(
        TERM, lambda term, at, origin: sync.update_term(document=term, happened_at=at, origin=origin)
    ),
    "course.updated": CourseHandler(COURSE, CourseVersion.of),
    "course.deleted": CourseHandler(COURSE_REFERENCE, CourseVersion.deletion),
    "catalogue.snapshot": Handler(
        SNAPSHOT,
        lambda page, at, origin: sync.apply_snapshot_page(page=page, happened_at=at, origin=origin),
    ),
}


def apply_events(events: Iterable[tuple[Event, Origin]]) -> list[Outcome]:
    """In order, in the caller's transaction. Those of single courses that follow one another are written together."""
    outcomes: list[Outcome] = []
    versions: list[tuple[CourseVersion, Origin]] = []
    for event, origin in events:
        if isinstance(event.handler, CourseHandler):
            versions.append((event.handler.version(event.document, event.happened_at), origin))
            continue
        outcomes += sync.apply_versions(versions)
        versions = []
        outcomes.append(event.handler.apply(event.document, event.happened_at, origin))
    return outcomes + sync.apply_versions(versions)


def parse_event(envelope: Envelope, *, now: datetime) -> Event | None:
    """None when the type is not one of ours. Raises Malformed, naming every fault of timestamp and data together."""
    handler = HANDLERS.get(envelope.type)
    if handler is None:
        return None
    faults: list[Fault] = []
    happened_at, document = now, None
    try:
        happened_at = envelope.happened_at(now=now)
    except Malformed as malformed:
        faults.extend(malformed.faults)
    try:
        document = handler.shape.read(envelope.body.get("data"))
    except Faulty as faulty:
        faults.extend(Fault(_pointer(place), detail) for place, detail in faulty.faults)
    if faults or document is None:
        raise Malformed(*faults)
    return Event(handler, document, happened_at)


def _pointer(place: Place) -> str:
    return "/".join(["/data", *(str(step).replace("~", "~0").replace("/", "~1") for step in place)])
