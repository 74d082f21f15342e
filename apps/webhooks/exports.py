"""A full export of a source: what it says of every term and course, in any of the shapes it may have written it down."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from apps.courses.models.sourced import Json
from apps.courses.moments import parse_datetime
from apps.courses.payloads import guard_of
from apps.webhooks.bodies import Envelope, Fault, Malformed, parse_json
from apps.webhooks.dialects import DIALECTS, translated
from apps.webhooks.handlers import parse_event


@dataclass(slots=True)
class Export:
    """Documents in canonical form, by id; `at` is when the source made the export, on its own clock."""

    at: datetime
    terms: dict[str, Json] = field(default_factory=dict)
    courses: dict[str, Json] = field(default_factory=dict)
    guards: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def covers(self) -> set[str]:
        """The terms it speaks of. Of any other it says nothing, so nothing in them is missing."""
        return set(self.terms) | {course["term"] for course in self.courses.values()}

    def take(self, kind: str, id: str, guard: datetime, document: Json | None) -> None:
        """The newest version counts, whatever the order; without a document it is deleted."""
        if guard < self.guards.get((kind, id), guard):
            return
        self.guards[kind, id] = guard
        known = self.terms if kind == "term" else self.courses
        if document is None:
            known.pop(id, None)
        else:
            known[id] = document


def read_export(source: str, raw: bytes, *, at: datetime) -> Export:
    """One object `{"terms": [...], "courses": [...], "exported_at"?}`, or what the source would post: an event, a list of them, or one a line.

    Raises Malformed.
    """
    export = Export(at)
    if _is_lines(raw):
        _take_events(source, export, _lines(raw))
        return export
    body = parse_json(raw)
    if isinstance(body, list):
        _take_events(source, export, enumerate(body))
    elif isinstance(body, dict) and "type" not in body and {"terms", "courses"} & body.keys():
        _take_documents(export, body)
    elif isinstance(body, dict) and ("type" in body or source in DIALECTS):
        _take_events(source, export, [(None, body)])
    else:
        raise Malformed(
            Fault("", "is no export: an object with terms and courses, an event, or a list of events")
        )
    return export


def _is_lines(raw: bytes) -> bool:
    """Whether the first line is a whole JSON value and more follow."""
    first, _, rest = raw.lstrip().partition(b"\n")
    if not first.startswith(b"{") or not rest.strip():
        return False
    try:
        json.loads(first)
    except ValueError:
        return False
    return True


def _lines(raw: bytes) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(raw.split(b"\n")):
        if line.strip():
            try:
                yield number, parse_json(line)
            except Malformed as malformed:
                raise Malformed(
                    *(Fault(f"/{number}", fault.detail) for fault in malformed.faults)
                ) from malformed


def _take_documents(export: Export, body: Json) -> None:
    faults: list[Fault] = []
    if "exported_at" in body:
        try:
            export.at = parse_datetime(body["exported_at"])
        except ValueError as error:
            raise Malformed(Fault("/exported_at", str(error))) from error
    for name, type in (("terms", "term.updated"), ("courses", "course.updated")):
        documents = body.get(name, [])
        if not isinstance(documents, list):
            raise Malformed(Fault(f"/{name}", "must be a list"))
        for number, document in enumerate(documents):
            event = {"type": type, "timestamp": export.at.isoformat(), "data": document}
            faults += _taken(export, f"/{name}/{number}", event, data="")
    if faults:
        raise Malformed(*faults)


def _take_events(source: str, export: Export, events: Iterable[tuple[int | None, Any]]) -> None:
    faults: list[Fault] = []
    newest: datetime | None = None
    for number, body in events:
        place = "" if number is None else f"/{number}"
        event = translated(source, body)
        if not isinstance(event, dict) or not isinstance(event.get("type"), str):
            faults.append(Fault(place, "is no event"))
            continue
        faults += _taken(export, place, event, data="/data")
        if not faults:
            happened_at = parse_datetime(event["timestamp"])
            newest = max(newest or happened_at, happened_at)
    if faults:
        raise Malformed(*faults[:100])
    export.at = newest or export.at


def _taken(export: Export, place: str, event: Json, *, data: str) -> Iterable[Fault]:
    try:
        parsed = parse_event(Envelope(event["type"], event), now=timezone.now())
    except Malformed as malformed:
        return [
            Fault(place + fault.pointer.replace("/data", data, 1), fault.detail) for fault in malformed.faults
        ]
    if parsed is None:
        return []
    document, at = parsed.document, parsed.happened_at
    match event["type"]:
        case "term.updated":
            export.take("term", document["id"], guard_of(document, at), document)
        case "course.updated":
            export.take("course", document["id"], guard_of(document, at), document)
        case "catalogue.snapshot":
            for course in document["courses"]:
                export.take("course", course["id"], guard_of(course, at), course)
        case _:
            export.take("course", document["id"], at, None)
    return []
