"""From versions of courses to rows, ledger and documents: the one place where courses are written."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from apps.core.arrays import AnyOf, written
from apps.core.prepared import Prepared
from apps.courses import overrides, render, rows
from apps.courses.diff import TermDays, course_changes
from apps.courses.ledger import ChangeSetWriter
from apps.courses.listing import listed_by
from apps.courses.models import Course, Term
from apps.courses.models.sourced import Json, course_id, term_id
from apps.courses.payloads import digest, guard_of
from apps.courses.search import search_text, titles_of
from apps.courses.snapshots import floors


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseVersion:
    """What a source says of one course at one moment of its clock; without a document it says the course is deleted."""

    external_id: str
    guard: datetime
    document: Json | None = None
    digest: bytes = b""

    @classmethod
    def of(cls, document: Json, happened_at: datetime) -> Self:
        return cls(
            external_id=document["id"],
            guard=guard_of(document, happened_at),
            document=document,
            digest=digest(document),
        )

    @classmethod
    def deletion(cls, course: Json, happened_at: datetime) -> Self:
        return cls(external_id=course["id"], guard=happened_at)

    def wins_over(self, course: Course) -> bool:
        return course.guard is None or (self.guard, self.document is None, self.digest) > (
            course.guard,
            course.tombstone,
            bytes(course.digest),
        )


def write_versions(versions: Sequence[tuple[CourseVersion, ChangeSetWriter]]) -> None:
    """Apply in turn those versions that win over what is there by then, each for its own change set."""
    courses = _stored(versions)
    turns = [
        (courses[writer.origin.source, version.external_id], version, writer) for version, writer in versions
    ]
    winning = [(course, version) for course, version, _ in turns if version.wins_over(course)]
    writing = _Writing((course, version.document, version.guard) for course, version in winning)
    for course, version, writer in turns:
        if not version.wins_over(course):
            same = bytes(course.digest) == version.digest
            writer.outcome.count("unchanged" if same else "overtaken")
            continue
        if course.guard == version.guard:
            writer.outcome.ties.append(version.external_id)
        as_served = version.digest == bytes(course.digest) and not course.tombstone and not course.hidden
        course.source_document, course.guard, course.digest = version.document, version.guard, version.digest
        if as_served:  # and a newer guard hides nothing
            writer.outcome.count("unchanged")
        else:
            writing.rewrite(course, writer)
    writing.finish()


# The other columns are made anew when a course is written.
_NEEDED = {
    "id",
    "source",
    "external_id",
    "term_id",
    "guard",
    "digest",
    "document",
    "tombstone",
    "hidden",
    "revision",
    "listed_revision",
}
_STAND_INS = {"ids": "{1}"}, {"ids": "{2}"}
_COURSES = Prepared.objects(
    lambda ids: Course.objects.filter(AnyOf("id", ids)), _NEEDED, stand_ins=_STAND_INS
)
_TERMS = Prepared.objects(
    lambda ids: Term.objects.filter(AnyOf("id", ids)), {"id", "document"}, stand_ins=_STAND_INS
)


def _stored(versions: Sequence[tuple[CourseVersion, ChangeSetWriter]]) -> dict[tuple[str, str], Course]:
    """By source and its id, new ones among them."""
    keys = {
        (writer.origin.source, version.external_id): course_id(writer.origin.source, version.external_id)
        for version, writer in versions
    }
    stored = {course.id: course for course in _COURSES(ids=written(keys.values()))}
    return {
        key: stored.get(id) or Course(id=id, source=key[0], external_id=key[1], hidden=True)
        for key, id in keys.items()
    }


def rewrite_courses(courses: Sequence[Course], writer: ChangeSetWriter) -> None:
    """Serve what the courses' source documents, their overrides and their terms' floors say."""
    writing = _Writing((course, course.source_document, course.guard) for course in courses)
    for course in courses:
        writing.rewrite(course, writer)
    writing.finish()


@dataclass(slots=True)
class _Fate:
    """What is to be written of a course: if it `differs` for readers also its entries and exams; if it has not even `moved`, its guard.

    `new`: it has no row yet. `rewritten`: its source's document is another. `served` is the public document that readers get in the end, None when they get none.
    """

    course: Course
    new: bool
    rewritten: bool = False
    moved: bool = False
    differs: bool = False
    served: Json | None = None


class _Writing:
    """Courses under writing: what they depend on is read at once for all, and they are written a table at a time."""

    def __init__(self, coming: Iterable[tuple[Course, Json | None, datetime | None]]) -> None:
        """The documents and guards that these courses will have in their turn."""
        coming = list(coming)
        self._fates = {
            course.id: _Fate(course, new=course._state.adding)  # noqa: SLF001  # documented by Django
            for course, _, _ in coming
        }
        self._overrides = overrides.by_owner(self._fates)
        named = {(course.source, document["term"]) for course, document, _ in coming if document}
        terms = {term_id(*key): key for key in named}
        self._floors = floors(terms, reaching=min((guard for _, _, guard in coming if guard), default=None))
        known = terms.keys() | {fate.course.term_id for fate in self._fates.values() if fate.course.term_id}
        self._terms = {term.id: term for term in _TERMS(ids=written(known))}
        if unknown := terms.keys() - self._terms.keys():
            ensure_terms({terms[id] for id in unknown})
            self._terms |= dict.fromkeys(unknown, Term())
        self._days: dict[str, TermDays] = {}

    def rewrite(self, course: Course, writer: ChangeSetWriter) -> None:
        """Bring what is served of the course in line with its document and guard."""
        fate = self._fates[course.id]
        old = course.served()
        was = (course.tombstone, course.hidden, course.term_id)
        new = self._placed(course)
        if new:
            course.document = render.to_text(new)
        if old != new:
            fate.differs = True
            course.revision = writer.record(
                course_changes(
                    id=course.id,
                    old=old,
                    new=new,
                    before=self._days_of((old or new or {})["term"]),
                    after=self._days_of((new or old or {})["term"]),
                )
            )
            if not course.listed_revision or listed_by(old) != listed_by(new):
                course.listed_revision = course.revision
        fate.rewritten, fate.served = True, new
        fate.moved |= fate.differs or was != (course.tombstone, course.hidden, course.term_id)
        writer.outcome.count("changed" if old != new else "unchanged")

    def _placed(self, course: Course) -> Json | None:
        """The document readers get, None if they get none; sets why not."""
        course.tombstone, course.hidden = course.source_document is None, False
        if course.source_document is None:
            return None
        effective = overrides.merge(course.id, course.source_document, self._overrides.get(course.id, {}))
        course.term_id = term_id(course.source, effective["term"])
        floor = self._floors.get(course.term_id)
        course.hidden = bool(floor and course.guard and floor.hides(course.external_id, course.guard))
        if course.hidden:
            return None
        return render.course_json(id=course.id, source=course.source, document=effective)

    def _days_of(self, term: str) -> TermDays:
        if term not in self._days:
            self._days[term] = TermDays.of(self._terms[UUID(term)].public())
        return self._days[term]

    def finish(self) -> None:
        fates = self._fates.values()
        moved = [fate for fate in fates if fate.moved]
        rows.add_courses([_row(fate.course, fate.served) for fate in moved if fate.new])
        rows.change_courses([_row(fate.course, fate.served) for fate in moved if not fate.new])
        rows.touch_courses(
            [_guard_row(fate.course, rewritten=fate.rewritten) for fate in fates if not fate.moved]
        )
        rows.replace_parts({fate.course.id: fate.served for fate in fates if fate.differs})


def ensure_terms(keys: Iterable[tuple[str, str]]) -> None:
    """A course may arrive before its term (source, its id): a stub then stands in until term.updated fills it."""
    stubs = [Term(id=term_id(source, id), source=source, external_id=id) for source, id in sorted(keys)]
    Term.objects.bulk_create(stubs, ignore_conflicts=True)


def _guard_row(course: Course, *, rewritten: bool) -> Json:
    return {
        "id": str(course.id),
        "guard": course.guard and course.guard.isoformat(),
        "digest": f"\\x{bytes(course.digest).hex()}",
        "source_document": course.source_document if rewritten else None,
    }


def _row(course: Course, served: Json | None) -> Json:
    """All columns. A course that readers no longer see keeps the values they last saw, for the staff who look it up."""
    shown = served or course.public() or {}
    entries = shown.get("entries", [])
    people = [*shown.get("teachers", []), *(teacher for entry in entries for teacher in entry["teachers"])]
    rooms = [room for entry in entries for room in entry["rooms"]]
    columns = ("description", "credits", "department", "level", "year", "language", "url")
    return {
        **_guard_row(course, rewritten=True),
        **{name: shown.get(name) for name in columns},
        "source": course.source,
        "external_id": course.external_id,
        "term_id": course.term_id and str(course.term_id),
        "code": shown.get("code", ""),
        "title": shown.get("title", ""),
        "translations": shown.get("translations", {}),
        "teachers": shown.get("teachers", []),
        "groups": sorted({group for entry in entries for group in entry["groups"]}),
        "search_text": search_text(
            code=shown.get("code", ""),
            titles=titles_of(shown.get("title", ""), shown.get("translations", {})),
            others=[*people, *rooms],
        ),
        "document": course.document,
        "tombstone": course.tombstone,
        "hidden": course.hidden,
        "revision": course.revision,
        "listed_revision": course.listed_revision,
    }
