"""The events Campanile understands: for each type, the shape of its data and how it is applied."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from apps.courses import sync
from apps.courses.course_writes import CourseVersion
from apps.courses.ledger import Origin, Outcome
from apps.courses.payloads import (
    CourseDocument,
    CourseReference,
    FaultLimit,
    SnapshotDocument,
    TermDocument,
)
from apps.webhooks.bodies import Envelope, Fault, Malformed

D = TypeVar("D", bound=BaseModel)

FAULTS_TOLD = 100
# Enough to tell of so many, a fault being counted by the entry it is in and by the course around that, and of a list that is too long.
MAX_FAULTS = 2_000


@dataclass(frozen=True, slots=True)
class Handler(Generic[D]):
    document: type[D]
    apply: Callable[[D, datetime, Origin], Outcome]


@dataclass(frozen=True, slots=True)
class CourseHandler(Generic[D]):
    """What is said of single courses: many such events are written with the statements of one."""

    document: type[D]
    version: Callable[[D, datetime], CourseVersion]


@dataclass(frozen=True, slots=True)
class Event(Generic[D]):
    """A well-formed event of a known type."""

    handler: Handler[D] | CourseHandler[D]
    document: D
    happened_at: datetime


HANDLERS: Mapping[str, Handler[Any] | CourseHandler[Any]] = {
    "term.updated": Handler(
        TermDocument, lambda term, at, origin: sync.update_term(document=term, happened_at=at, origin=origin)
    ),
    "course.updated": CourseHandler(CourseDocument, CourseVersion.of),
    "course.deleted": CourseHandler(CourseReference, CourseVersion.deletion),
    "catalogue.snapshot": Handler(
        SnapshotDocument,
        lambda page, at, origin: sync.apply_snapshot_page(page=page, happened_at=at, origin=origin),
    ),
}


def apply_events(events: Iterable[tuple[Event[Any], Origin]]) -> list[Outcome]:
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


def parse_event(envelope: Envelope, *, now: datetime) -> Event[Any] | None:
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
        document = handler.document.model_validate(envelope.body.get("data"), context=FaultLimit(MAX_FAULTS))
    except ValidationError as error:
        faults.extend(_faults(error))
    if faults or document is None:
        raise Malformed(*faults)
    return Event(handler, document, happened_at)


def _faults(error: ValidationError) -> list[Fault]:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [
        Fault(
            "/".join(["/data", *(_escaped(str(step)) for step in fault["loc"])]),
            fault["msg"].removeprefix("Value error, "),
        )
        for fault in found[:FAULTS_TOLD]
    ]


def _escaped(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")
