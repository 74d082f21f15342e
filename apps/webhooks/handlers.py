"""The events Campanile understands: for each type, the shape of its data and the function that applies it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from apps.courses import sync
from apps.courses.ledger import Origin, Outcome
from apps.courses.payloads import CourseDocument, CourseReference, SnapshotDocument, TermDocument
from apps.webhooks.bodies import Envelope, Fault, Malformed

D = TypeVar("D", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Handler(Generic[D]):
    document: type[D]
    apply: Callable[[D, datetime, Origin], Outcome]


@dataclass(frozen=True, slots=True)
class Event(Generic[D]):
    """A well-formed event of a known type, ready to be applied in the caller's transaction."""

    handler: Handler[D]
    document: D
    happened_at: datetime

    def apply(self, origin: Origin) -> Outcome:
        return self.handler.apply(self.document, self.happened_at, origin)


HANDLERS: Mapping[str, Handler[Any]] = {
    "term.updated": Handler(
        TermDocument, lambda term, at, origin: sync.update_term(document=term, happened_at=at, origin=origin)
    ),
    "course.updated": Handler(
        CourseDocument,
        lambda course, at, origin: sync.update_course(document=course, happened_at=at, origin=origin),
    ),
    "course.deleted": Handler(
        CourseReference,
        lambda course, at, origin: sync.delete_course(external_id=course.id, happened_at=at, origin=origin),
    ),
    "catalogue.snapshot": Handler(
        SnapshotDocument,
        lambda page, at, origin: sync.apply_snapshot_page(page=page, happened_at=at, origin=origin),
    ),
}


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
        document = handler.document.model_validate(envelope.body.get("data"))
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
        for fault in found[:100]
    ]


def _escaped(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")
