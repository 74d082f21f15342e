"""What a source says in full against what is stored of it: document against document, so that what staff have set over them does not count."""

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Literal

from apps.courses import render
from apps.courses.diff import NewChange, TermDays, course_changes, term_changes
from apps.courses.differences import Difference, differences
from apps.courses.models import Course, Term
from apps.courses.models.sourced import Json, course_id, term_id
from apps.courses.payloads import digest
from apps.webhooks.exports import Export
from apps.webhooks.own_deliveries import snapshot_events, term_event

CHUNK = 200
Side = Literal["missing here", "only here", "differs"]
_NO_DAYS = TermDays.of(None)
Say = Callable[[int, int], object]


def compare(
    source: str, export: Export, *, terms: AbstractSet[str], say: Say = lambda done, total: None
) -> Iterator[tuple[str, Side, Difference]]:
    """The terms and courses that are not the same on both sides, each with the id of its term. `say` hears how far it has come."""
    yield from _terms(source, export, terms)
    listed = {id: course for id, course in export.courses.items() if course["term"] in terms}
    stored = _digests(source, terms)
    ids = sorted(listed.keys() | stored.keys())
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        suspects = [id for id in chunk if id not in listed or digest(listed[id]) != stored.get(id)]
        here = _documents(source, suspects, terms)
        for id in suspects:
            there = listed.get(id)
            changes = list(_course(source, id, here.get(id), there))
            if changes:
                term = (there or here[id])["term"]
                yield term, _side(here.get(id), there), _told(source, id, changes, there or here[id])
        say(min(start + CHUNK, len(ids)), len(ids))


def events_for(export: Export, terms: AbstractSet[str]) -> list[Json]:
    """What brings these terms to where the export says: the term if it tells of it, and all its courses."""
    events: list[Json] = []
    for term in sorted(terms):
        if document := export.terms.get(term):
            events.append(term_event(document, export.guards["term", term]))
        courses = [course for course in export.courses.values() if course["term"] == term]
        events += snapshot_events(term, courses, export.at)
    return events


def not_compared(source: str, terms: AbstractSet[str]) -> list[str]:
    """The terms of this source that have courses here and are left out."""
    left_out = Course.objects.visible().filter(source=source).exclude(term__in=_pks(source, terms))
    return sorted(left_out.values_list("term__external_id", flat=True).distinct())


def _terms(source: str, export: Export, terms: AbstractSet[str]) -> Iterator[tuple[str, Side, Difference]]:
    """A term that an export has only courses of is not compared."""
    known = Term.objects.filled().filter(pk__in=_pks(source, terms))
    here = dict(known.values_list("external_id", "source_document"))
    for id in sorted(terms & export.terms.keys()):
        pk, stored = term_id(source, id), here.get(id)
        old = render.term_json(id=pk, document=stored) if stored else None
        new = render.term_json(id=pk, document=export.terms[id])
        if changes := list(term_changes(id=pk, old=old, new=new)):
            [difference] = differences(changes, {pk: new})
            yield id, "differs" if old else "missing here", difference


def _course(source: str, id: str, here: Json | None, there: Json | None) -> Iterator[NewChange]:
    """When it was last touched is no difference."""
    pk = course_id(source, id)
    old, new = (
        document and render.course_json(id=pk, source=source, document=document) for document in (here, there)
    )
    if old or new:
        yield from course_changes(id=pk, old=old, new=new, before=_NO_DAYS, after=_NO_DAYS)


def _told(source: str, id: str, changes: list[NewChange], document: Json) -> Difference:
    pk = course_id(source, id)
    [difference] = differences(changes, {pk: render.course_json(id=pk, source=source, document=document)})
    difference.name = f"{difference.name} ({id})"
    return difference


def _side(here: Json | None, there: Json | None) -> Side:
    return "missing here" if here is None else "only here" if there is None else "differs"


def _digests(source: str, terms: AbstractSet[str]) -> dict[str, bytes]:
    """Thirty-two bytes a course tell most of them apart; documents are fetched of the others alone."""
    courses = Course.objects.visible().filter(source=source, term__in=_pks(source, terms))
    return {id: bytes(value) for id, value in courses.values_list("external_id", "digest").iterator()}


def _documents(source: str, ids: Sequence[str], terms: AbstractSet[str]) -> dict[str, Json]:
    courses = Course.objects.visible().filter(
        pk__in=[course_id(source, id) for id in ids], term__in=_pks(source, terms)
    )
    found = courses.values_list("external_id", "source_document")
    return {id: document for id, document in found if document}


def _pks(source: str, terms: AbstractSet[str]) -> list[Any]:
    return [term_id(source, term) for term in terms]
