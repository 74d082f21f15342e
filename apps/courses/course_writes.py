"""From versions of courses to rows, ledger and documents: the one place where courses are written."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from apps.courses import overrides, render, rows
from apps.courses.diff import TermDays, course_changes
from apps.courses.ledger import ChangeSetWriter
from apps.courses.models import Course, Term
from apps.courses.models.sourced import Json, course_id, term_id
from apps.courses.payloads import CourseDocument, digest
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
    def of(cls, document: CourseDocument, happened_at: datetime) -> Self:
        canonical = document.canonical()
        return cls(
            external_id=document.id,
            guard=document.updated_at or happened_at,
            document=canonical,
            digest=digest(canonical),
        )

    def overtakes(self, stored: Course) -> bool:
        return (self.guard, self.document is None, self.digest) > (
            stored.guard,
            stored.tombstone,
            bytes(stored.digest),
        )


def write_versions(versions: Sequence[CourseVersion], writer: ChangeSetWriter) -> None:
    """Apply those versions that win over what is stored."""
    source, outcome = writer.origin.source, writer.outcome
    stored = Course.objects.in_bulk([course_id(source, version.external_id) for version in versions])
    winners: list[Course] = []
    for version in versions:
        id = course_id(source, version.external_id)
        course = stored.get(id) or Course(id=id, source=source, external_id=version.external_id, hidden=True)
        if course.guard is not None:
            if not version.overtakes(course):
                outcome.count("unchanged" if bytes(course.digest) == version.digest else "overtaken")
                continue
            if course.guard == version.guard:
                outcome.ties.append(version.external_id)
        course.source_document, course.guard, course.digest = version.document, version.guard, version.digest
        winners.append(course)
    rewrite_courses(winners, writer)


@dataclass(slots=True)
class _Rewrite:
    """One course with what readers saw of it and what they will see."""

    course: Course
    old: Json | None
    new: Json | None
    moved: bool

    @property
    def differs(self) -> bool:
        return self.old != self.new


def rewrite_courses(courses: Sequence[Course], writer: ChangeSetWriter) -> None:
    """Serve what the courses' source documents, their overrides and their terms' floors say."""
    if not courses:
        return
    rewrites = list(_rewrites(courses, writer.origin.source))
    days = _term_days(rewrites)
    for rewrite in rewrites:
        writer.outcome.count("changed" if rewrite.differs else "unchanged")
        if rewrite.differs:
            writer.touched = True
            rewrite.course.revision = writer.revision
            old, new = rewrite.old, rewrite.new
            before, after = days[(old or new or {})["term"]], days[(new or old or {})["term"]]
            writer.changes.extend(
                course_changes(id=rewrite.course.id, old=old, new=new, before=before, after=after)
            )
    rows.write_courses([_row(rewrite) for rewrite in rewrites if rewrite.moved])
    rows.touch_courses([_guard_row(rewrite.course) for rewrite in rewrites if not rewrite.moved])
    rows.replace_parts(
        [rewrite.new for rewrite in rewrites if rewrite.differs and rewrite.new],
        [rewrite.course.id for rewrite in rewrites if rewrite.differs and not rewrite.new],
    )


def _rewrites(courses: Sequence[Course], source: str) -> Iterator[_Rewrite]:
    fields = overrides.by_owner(course.id for course in courses)
    effective = {
        course.id: overrides.merge(course.id, course.source_document, fields.get(course.id, {}))
        for course in courses
        if course.source_document is not None
    }
    terms = ensure_terms(source, {document["term"] for document in effective.values()})
    floor = floors(terms, reaching=min(course.guard for course in courses if course.guard))
    for course in courses:
        old = course.served()
        was = (course.tombstone, course.hidden, course.term_id, course._state.adding)  # noqa: SLF001  # documented by Django
        document = effective.get(course.id)
        course.tombstone, course.hidden = document is None, False
        if document is not None:
            course.term_id = term_id(source, document["term"])
            limit = floor.get(course.term_id)
            course.hidden = bool(limit and course.guard and limit.hides(course.external_id, course.guard))
        visible = document is not None and not course.hidden
        new = (
            render.course_json(id=course.id, source=source, document=document)
            if document and visible
            else None
        )
        moved = old != new or was != (course.tombstone, course.hidden, course.term_id, False)
        yield _Rewrite(course, old, new, moved)


def ensure_terms(source: str, external_ids: Collection[str]) -> list[UUID]:
    """A course may arrive before its term: a stub then stands in until term.updated fills it."""
    stubs = [Term(id=term_id(source, id), source=source, external_id=id) for id in sorted(external_ids)]
    Term.objects.bulk_create(stubs, ignore_conflicts=True)
    return [stub.id for stub in stubs]


def _term_days(rewrites: Sequence[_Rewrite]) -> dict[str, TermDays]:
    ids = {
        document["term"]
        for rewrite in rewrites
        if rewrite.differs
        for document in (rewrite.old, rewrite.new)
        if document
    }
    return {str(term.id): TermDays.of(term.public()) for term in Term.objects.filter(pk__in=ids)}


def _guard_row(course: Course) -> Json:
    return {
        "id": str(course.id),
        "guard": course.guard and course.guard.isoformat(),
        "digest": bytes(course.digest).hex(),
        "source_document": course.source_document,
    }


def _row(rewrite: _Rewrite) -> Json:
    """All columns. A course that readers no longer see keeps the values they last saw, for the staff who look it up."""
    course = rewrite.course
    shown = rewrite.new or rewrite.old or course.public() or {}
    entries = shown.get("entries", [])
    people = [*shown.get("teachers", []), *(teacher for entry in entries for teacher in entry["teachers"])]
    rooms = [room for entry in entries for room in entry["rooms"]]
    columns = ("description", "credits", "department", "level", "year", "language", "url")
    return {
        **_guard_row(course),
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
        "document": render.to_text(shown) if shown else "",
        "tombstone": course.tombstone,
        "hidden": course.hidden,
        "revision": course.revision,
    }
