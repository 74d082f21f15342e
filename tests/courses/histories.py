"""Histories of events, what the catalogue is after one, and what the contract says it must be."""

import json
import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import repeat
from typing import Any

from django.db import transaction
from hypothesis import strategies as st

from apps.courses.ledger import Origin
from apps.courses.models import Change, Course, SnapshotPage, Term
from apps.courses.models.sourced import course_id, term_id
from apps.courses.payloads import COURSE, digest
from apps.webhooks.bodies import Envelope
from apps.webhooks.handlers import apply_events, parse_event
from tests.courses.findable import findable
from tests.factories import documents as make
from tests.factories.webhooks import event

Json = dict[str, Any]
SOURCE = "course-service"
COURSES, TERMS = ("a", "b", "c"), ("winter", "summer")
START = datetime(2026, 9, 1, tzinfo=UTC)


def moment(second: int) -> str:
    return (START + timedelta(seconds=second)).isoformat()


def course(id: str, at: int, *, updated_at: int | None = None, **fields: Any) -> Json:
    return event("course.updated", document(id, updated_at=updated_at, **fields), at=moment(at))


def document(id: str, *, updated_at: int | None = None, **fields: Any) -> Json:
    stamped = {} if updated_at is None else {"updated_at": moment(updated_at)}
    return make.course(id, **{"term": "winter", **stamped, **fields})


def deleted(id: str, at: int) -> Json:
    return event("course.deleted", {"id": id}, at=moment(at))


def term(id: str, at: int, **fields: Any) -> Json:
    return event("term.updated", make.term(id, **fields), at=moment(at))


def page(
    at: int, courses: Sequence[Json], *, number: int = 1, pages: int = 1, id: str = "s", term: str = "winter"
) -> Json:
    data = {"snapshot_id": id, "term": term, "page": number, "pages": pages, "courses": list(courses)}
    return event("catalogue.snapshot", data, at=moment(at))


# Few values, so that equal guards, late versions and moves between terms are common.
_seconds = st.integers(0, 6)
_contents: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {"title": st.sampled_from(["Algorithms", "Алгоритми"])},
    optional={
        "entries": st.sampled_from(
            [
                [],
                [make.entry("lab"), make.entry("lecture")],
                [make.entry(rooms=["Raf04"], weekday=3)],
                [make.entry(exceptions=[{"date": "2026-10-06", "status": "cancelled"}])],
            ]
        ),
        "updated_at": _seconds,
        "year": st.integers(1, 2),
        "exams": st.sampled_from(
            [
                [
                    {
                        "id": "final",
                        "kind": "written",
                        "sittings": [
                            {
                                "starts_at": "2027-01-20T10:00:00Z",
                                "ends_at": "2027-01-20T12:00:00Z",
                                "rooms": [room],
                            }
                        ],
                    }
                ]
                for room in ("Raf1", "Raf2")
            ]
        ),
    },
)


@st.composite
def _snapshots(draw: st.DrawFn) -> list[Json]:
    """The pages of a snapshot, of which one may be lost; each lists courses of its own."""
    term, pages, id = draw(st.sampled_from(TERMS)), draw(st.integers(1, 3)), draw(st.sampled_from("st"))
    places = draw(st.lists(st.integers(0, pages), min_size=len(COURSES), max_size=len(COURSES)))
    found = [
        page(
            draw(_seconds),
            [
                document(id, **(draw(_contents) | {"term": term}))
                for id, place in zip(COURSES, places, strict=True)
                if place == number
            ],
            number=number,
            pages=pages,
            id=f"{id}{pages}",
            term=term,
        )
        for number in range(1, pages + 1)
    ]
    return found if draw(st.booleans()) else found[1:]


_updates = st.builds(
    lambda id, at, term, contents: course(id, at, **{**contents, "term": term}),
    st.sampled_from(COURSES),
    _seconds,
    st.sampled_from(TERMS),
    _contents,
)
_deletes = st.builds(deleted, st.sampled_from(COURSES), _seconds)
_terms = st.builds(
    lambda id, at, name: term(id, at, name=name),
    st.sampled_from(TERMS),
    _seconds,
    st.sampled_from(["x", "y"]),
)
histories = (
    st.lists(
        st.lists(_updates | _deletes | _terms, min_size=1, max_size=1) | _snapshots(), min_size=1, max_size=8
    )
    .map(lambda groups: [event for group in groups for event in group])
    .filter(bool)
)


def apply(*events: Json) -> None:
    """All of them in one transaction's breath, as the worker does with a batch."""
    parsed = []
    for each in events:
        body = json.loads(json.dumps(each))
        found = parse_event(Envelope(body["type"], body), now=START + timedelta(days=1))
        assert found is not None
        parsed.append((found, Origin(source=SOURCE, delivery=uuid.uuid4())))
    apply_events(parsed)


def catalogue_after(history: Sequence[Json], *, batches: Sequence[int] = ()) -> Json:
    """Everything that must not depend on order, with the ledger's own account of it checked on the way. Leaves nothing behind.

    The first events in batches of these sizes, the others one by one.
    """
    rest = list(history)
    with transaction.atomic():
        for size in [*batches, *repeat(1, len(rest))]:
            batch, rest = rest[:size], rest[size:]
            apply(*batch)
        found = catalogue()
        assert by_the_ledger() == served()
        findable()
        transaction.set_rollback(True)
    return found


def catalogue() -> Json:
    """All that readers see, and all that decides what later events can do."""
    return {
        "courses": {
            row.external_id: _course(row) for row in Course.objects.prefetch_related("entries", "exams")
        },
        "terms": {
            row.external_id: (row.guard, bytes(row.digest), row.public()) for row in Term.objects.filled()
        },
        "snapshots": {
            (page.snapshot.term_id, page.snapshot.snapshot_id, page.page): (
                page.snapshot.pages,
                page.snapshot.floor,
                page.timestamp,
                page.external_ids,
            )
            for page in SnapshotPage.objects.select_related("snapshot")
        },
    }


def _course(row: Course) -> Json:
    """Readers see the document and its rows. Of a course that is not there only what decides whether it comes back must agree."""
    kept: Json = {
        "guard": row.guard,
        "digest": bytes(row.digest),
        "tombstone": row.tombstone,
        "hidden": row.hidden,
    }
    if row.tombstone:
        return kept
    kept |= {"source_document": row.source_document, "term": row.term_id}
    if row.hidden:
        assert not row.entries.all()
        assert not row.exams.all()
        return kept
    shown = row.public()
    assert shown is not None
    for name in ("entries", "exams"):
        parts = sorted(getattr(row, name).all(), key=lambda part: part.position)
        assert [part.external_id for part in parts] == [part["external_id"] for part in shown[name]]
        if name == "entries":
            assert [entry.rooms for entry in parts] == [entry["rooms"] for entry in shown["entries"]]
    columns = (row.title, row.year, row.groups, row.search_text, str(row.term_id))
    assert (columns[0], columns[4]) == (shown["title"], shown["term"])
    return kept | {"shown": shown, "columns": columns}


def served() -> Json:
    """Courses and terms as readers see them, in the form `by_the_ledger` has them."""
    rows = [*Course.objects.visible(), *Term.objects.filled()]
    return {str(row.id): _unordered(row.public() or {}) for row in rows}


def by_the_ledger() -> Json:
    """The sum of all changes, oldest first."""
    total: dict[str, Json] = {}
    for change in Change.objects.order_by("change_set_id", "id"):
        owner = str(change.course_id or change.term_id)
        if change.kind in ("course", "term"):
            if change.field:
                assert total[owner][change.field] == change.old
                total[owner][change.field] = change.new
            elif change.new is None:
                assert total.pop(owner) == _unordered(change.old or {})
            else:
                assert owner not in total
                total[owner] = _unordered(change.new or {})
            continue
        parts = total[owner]["entries" if change.kind == "entry" else "exams"]
        key = str(change.object_id)
        if change.field:
            assert parts[key][change.field] == change.old
            parts[key][change.field] = change.new
        elif change.new is None:
            assert parts.pop(key) == change.old
        else:
            assert key not in parts
            parts[key] = change.new
    return total


def _unordered(shown: Json) -> Json:
    """Parts by id, and without the source's clock: the ledger records neither the order of parts nor a mere touch."""
    parts = {
        name: {part["id"]: part for part in shown[name]} for name in ("entries", "exams") if name in shown
    }
    return {name: value for name, value in shown.items() if name != "updated_at"} | parts


def by_the_contract(
    history: Iterable[Json], *, powerless: Collection[tuple[str, str]] = ()
) -> dict[str, tuple[bool, bool, str | None]]:
    """(deleted, hidden, title of the winning document) of each course, worked out from the whole history at once.

    `powerless` snapshots (term, id) set no floor, as those that staff have not approved.
    """
    versions: dict[str, list[tuple[str, bool, bytes, Json]]] = {}
    snapshots: dict[tuple[str, str], dict[int, tuple[str, set[str]]]] = {}
    pages: dict[tuple[str, str], int] = {}
    for each in history:
        data, at = each["data"], each["timestamp"]
        match each["type"]:
            case "course.updated":
                _add_version(versions, data, at)
            case "course.deleted":
                versions.setdefault(data["id"], []).append((at, True, b"", {}))
            case "catalogue.snapshot":
                key = (data["term"], data["snapshot_id"])
                pages[key] = max(pages.get(key, 0), data["pages"])
                was, listed = snapshots.setdefault(key, {}).get(data["page"], (at, set()))
                ids = {item["id"] for item in data["courses"]}
                snapshots[key][data["page"]] = (min(was, at), listed | ids)
                for item in data["courses"]:
                    _add_version(versions, item, at)
    floors: dict[str, tuple[str, str, set[str]]] = {}
    for (term, id), received in snapshots.items():
        if len(received) == pages[term, id] and (term, id) not in powerless:
            floor = (
                min(at for at, _ in received.values()),
                id,
                set().union(*(ids for _, ids in received.values())),
            )
            floors[term] = max(floors.get(term, ("", "", set())), floor, key=lambda floor: floor[:2])
    found = {}
    for id, known in versions.items():
        guard, gone, _, data = max(known, key=lambda version: version[:3])
        at, _, listed = floors.get(data.get("term", ""), ("", "", set()))
        found[id] = (gone, not gone and guard <= at and id not in listed, data.get("title"))
    return found


def _add_version(versions: dict[str, list[tuple[str, bool, bytes, Json]]], data: Json, at: str) -> None:
    canonical = COURSE.read(data)
    versions.setdefault(data["id"], []).append((data.get("updated_at", at), False, digest(canonical), data))


def course_of(id: str) -> Course:
    return Course.objects.get(pk=course_id(SOURCE, id))


def term_of(id: str) -> Term:
    return Term.objects.get(pk=term_id(SOURCE, id))
