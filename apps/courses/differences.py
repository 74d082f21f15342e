"""Changes in words, course by course: for whoever looks before anything is applied."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from apps.courses.admin.wording import NOTHING, in_words, label
from apps.courses.diff import NewChange
from apps.courses.models import Change
from apps.courses.models.sourced import Json

Status = Literal["added", "removed", "changed"]
_SIGNS: Mapping[Status, str] = {"added": "+", "removed": "-", "changed": "~"}


@dataclass(frozen=True, slots=True)
class Line:
    """One field; of an object that comes or goes the field says so. `object` is empty for the course or term itself."""

    object: str
    field: str
    old: str
    new: str

    def __str__(self) -> str:
        place = f"{self.object}: {self.field}" if self.object else self.field
        return f"{place}: {self.old} -> {self.new}"


@dataclass(slots=True)
class Difference:
    """What differs in one course or term."""

    name: str
    status: Status = "changed"
    lines: list[Line] = field(default_factory=list)


def differences(changes: Iterable[Change | NewChange], documents: Mapping[UUID, Json]) -> list[Difference]:
    """In order of their names. `documents`: the public documents of the courses and terms after the changes."""
    by_owner: dict[UUID, list[Change | NewChange]] = {}
    for change in changes:
        owner = change.course_id or change.term_id
        if owner:
            by_owner.setdefault(owner, []).append(change)
    found = [_difference(rows, documents.get(owner)) for owner, rows in by_owner.items()]
    return sorted(found, key=lambda difference: difference.name)


def told(found: Iterable[Difference]) -> Iterator[str]:
    """For a terminal, which no name may steer."""
    for difference in found:
        yield _printable(f"{_SIGNS[difference.status]} {difference.name}")
        for line in difference.lines:
            yield _printable(f"    {line}")


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def _difference(changes: list[Change | NewChange], document: Json | None) -> Difference:
    whole = [change for change in changes if change.field == "" and change.kind in ("course", "term")]
    first, last = (whole[0].old, whole[-1].new) if whole else (document, document)
    difference = Difference(in_words("", last or first or document))
    if first is None or last is None:
        difference.status = "added" if first is None else "removed"
        difference.lines = [Line("", difference.status, _contents(first), _contents(last))]
        return difference
    parts = {part["id"]: part for name in ("entries", "exams") for part in (document or {}).get(name, [])}
    by_object: dict[UUID, list[Change | NewChange]] = {}
    for change in changes:
        by_object.setdefault(change.object_id, []).append(change)
    for id, rows in by_object.items():
        name = _part_name(parts.get(str(id)), rows) if rows[0].kind in ("entry", "exam") else ""
        difference.lines += [_line(name, change) for change in rows]
    return difference


def _line(name: str, change: Change | NewChange) -> Line:
    if change.field == "":
        status = "added" if change.old is None else "removed" if change.new is None else "replaced"
        return Line(change.kind, status, in_words("", change.old), in_words("", change.new))
    return Line(
        name, label(change.field), in_words(change.field, change.old), in_words(change.field, change.new)
    )


def _part_name(part: Json | None, rows: list[Change | NewChange]) -> str:
    """As people knew it before."""
    if part is None:
        return rows[0].kind
    return in_words("", {**part, **{change.field: change.old for change in rows if change.field}})


def _contents(document: Json | None) -> str:
    if document is None:
        return NOTHING
    entries, exams = len(document.get("entries", [])), len(document.get("exams", []))
    return (
        f"{_counted(entries, 'entry', 'entries')}, {_counted(exams, 'exam', 'exams')}"
        if "entries" in document
        else in_words("", document)
    )


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
