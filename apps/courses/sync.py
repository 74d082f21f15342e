"""Applying the source's documents to the catalogue: set-based, guarded, in the caller's transaction.

A newer guard wins. With equal guards a deletion beats an update, else the greater digest wins, so that any order of arrival ends in one
state. `happened_at` is the event's timestamp: the guard of documents that carry no `updated_at`.
"""

from collections.abc import Sequence
from datetime import datetime

from apps.courses import overrides, render
from apps.courses.brake import judge
from apps.courses.course_writes import CourseVersion, ensure_terms, rewrite_courses, write_versions
from apps.courses.diff import term_changes
from apps.courses.ledger import ChangeSetWriter, Ledger, Origin, Outcome, begin
from apps.courses.models import Term
from apps.courses.models.sourced import Json, term_id
from apps.courses.payloads import digest, guard_of
from apps.courses.snapshots import flipped_by_floor, record_page


def update_term(*, document: Json, happened_at: datetime, origin: Origin) -> Outcome:
    writer = begin(origin)
    id = term_id(origin.source, document["id"])
    stored = Term.objects.filter(pk=id).first()
    guard, new_digest = guard_of(document, happened_at), digest(document)
    if stored and stored.guard:
        if (stored.guard, bytes(stored.digest)) >= (guard, new_digest):
            writer.outcome.count("unchanged" if bytes(stored.digest) == new_digest else "overtaken")
            return writer.finish()
        if stored.guard == guard:
            writer.outcome.ties.append(document["id"])
    term = stored or Term(id=id, source=origin.source, external_id=document["id"])
    term.source_document, term.guard, term.digest = document, guard, new_digest
    return write_term(term, writer)


def write_term(term: Term, writer: ChangeSetWriter) -> Outcome:
    """Serve what the term's source document and overrides say."""
    assert term.source_document is not None, "a stub has nothing to serve"
    fields = overrides.by_owner([term.id]).get(term.id, {})
    effective = overrides.merge(term.id, term.source_document, fields)
    old, new = term.public(), render.term_json(id=term.id, document=effective)
    for field in ("name", "starts_on", "ends_on", "time_zone", "periods", "day_overrides"):
        setattr(term, field, effective[field])
    if old != new:
        term.document = render.to_text(new)
        term.revision = writer.record(term_changes(id=term.id, old=old, new=new))
    term.save()
    writer.outcome.count("changed" if old != new else "unchanged")
    return writer.finish()


def apply_versions(versions: Sequence[tuple[CourseVersion, Origin]]) -> list[Outcome]:
    """In the order given, each a change set of its own; the statements are the same for one and for many."""
    if not versions:
        return []
    ledger = Ledger([origin for _, origin in versions])
    write_versions([(version, writer) for (version, _), writer in zip(versions, ledger.writers, strict=True)])
    return ledger.finish()


def apply_snapshot_page(*, page: Json, happened_at: datetime, origin: Origin) -> Outcome:
    """Each page applies as it comes; one that moves the term's floor also hides what no page listed, or shows it again.

    What would hide too many courses waits for staff, see brake.py.
    """
    writer = begin(origin)
    ensure_terms([(origin.source, page["term"])])
    term = term_id(origin.source, page["term"])
    floor_moved = record_page(
        source=origin.source,
        term=term,
        snapshot_id=page["snapshot_id"],
        page=page["page"],
        pages=page["pages"],
        timestamp=happened_at,
        external_ids=[course["id"] for course in page["courses"]],
    )
    write_versions([(CourseVersion.of(course, happened_at), writer) for course in page["courses"]])
    if floor_moved:
        writer.outcome.held = judge(term=term, origin=origin)
        rewrite_courses(list(flipped_by_floor(term)), writer)
    return writer.finish()
