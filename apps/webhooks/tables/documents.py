"""From tables to course documents. What the tables do not speak of stays as it is stored: that is what makes an edited file a small change."""

from collections.abc import Iterable, Sequence
from typing import Any

from apps.core.tables.faults import Refused
from apps.core.tables.reading import Row, Rows
from apps.courses.models.sourced import Json
from apps.courses.payloads import COURSE
from apps.courses.shapes import Faulty
from apps.webhooks.tables.drafts import Draft, Drafts, free_id
from apps.webhooks.tables.identity import with_ids
from apps.webhooks.tables.rows import add_entry, add_sitting

_KEPT_COLUMNS = {"code", "title"}


def course_documents(
    *, term: Json, stored: Iterable[Json], timetable: Rows | None, exams: Rows | None
) -> list[Json]:
    """Every course of the term, in canonical form. `term` and `stored` are documents of the source. Raises Refused with all faults.

    Without one of the tables, what is stored of it stays: an exam list that comes out in January needs no timetable beside it.
    """
    drafts = Drafts(term["id"], stored)
    tables = [rows for rows in (timetable, exams) if rows]
    for rows, add in ((timetable, add_entry), (exams, add_sitting)):
        if rows:
            for row, draft in drafts.place(rows):
                add(draft, row, rows, term)
    documents = [
        _document(draft, term["id"], timetable, exams) for draft in drafts if _stays(draft, timetable, exams)
    ]
    if faults := [fault for rows in tables for fault in rows.faults]:
        raise Refused(faults)
    return [document for document in documents if document]


def _stays(draft: Draft, timetable: Rows | None, exams: Rows | None) -> bool:
    """A course that no table lists is gone, unless it has a part that the tables given do not speak of."""
    kept = draft.stored or {}
    return bool(
        draft.listed_in or (not timetable and kept.get("entries")) or (not exams and kept.get("exams"))
    )


def _document(draft: Draft, term: str, timetable: Rows | None, exams: Rows | None) -> Json | None:
    kept = dict(draft.stored or {"entries": [], "exams": []})
    kept.pop("updated_at", None)  # of another version; the time of the import stands for this one
    for rows in (timetable, exams):
        if rows and rows.table.name in draft.listed_in:
            for column in (rows.headers.keys() & COURSE.fields) - _KEPT_COLUMNS - {"id"}:
                kept.pop(column, None)
    document = {
        **kept,
        **{name: value for name, (value, _, _) in draft.facts.items()},
        "id": draft.id,
        "term": term,
        "code": draft.known("code"),
        "title": draft.known("title") or draft.known("code") or draft.id,
        "entries": _entries(draft, kept["entries"], timetable) if timetable else kept["entries"],
        "exams": _exams(draft, kept["exams"], exams) if exams else kept["exams"],
    }
    try:
        return COURSE.read(document)
    except Faulty as error:
        _note(draft, error, [rows for rows in (timetable, exams) if rows])
        return None


def _entries(draft: Draft, stored: Sequence[Json], rows: Rows) -> list[Json]:
    lines: dict[str, int] = {}
    for entry, row in draft.entries:
        if "id" in entry and lines.setdefault(entry["id"], row.line) != row.line:
            rows.fault(row.line, "id", f"is the id of line {lines[entry['id']]} of the same course")
    return with_ids([entry for entry, _ in draft.entries], stored) if not rows.faults else []


def _exams(draft: Draft, stored: Sequence[Json], rows: Rows) -> list[Json]:
    """One for each id, or kind and period, with the sittings in the order of the rows. Different notes are all kept."""
    by_key: dict[tuple[Any, ...], list[tuple[Json, Json, Row]]] = {}
    for sitting in draft.sittings:
        exam = sitting[0]
        by_key.setdefault((exam["id"],) if "id" in exam else _key(exam), []).append(sitting)
    ids = {_key(exam): exam["id"] for exam in reversed(stored)}
    own = {exam["id"] for exam, _, _ in draft.sittings if "id" in exam}
    taken = {*own, *(exam["id"] for exam in stored)}
    exams = []
    for sittings in by_key.values():
        exam = dict(sittings[0][0])
        for other, _, row in sittings:
            if _key(other) != _key(exam):
                rows.fault(row.line, "id", f"is the id of another exam, in line {sittings[0][2].line}")
        if "id" not in exam:
            known = ids.get(_key(exam))
            exam["id"] = (
                known if known and known not in own else free_id([part for part in _key(exam) if part], taken)
            )
            taken.add(exam["id"])
        notes = list(dict.fromkeys(other["note"] for other, _, _ in sittings if "note" in other))
        exams.append(
            {**exam, "note": "; ".join(notes) or None, "sittings": [sitting for _, sitting, _ in sittings]}
        )
    return exams


def _key(exam: Json) -> tuple[str, str]:
    return exam["kind"], exam.get("period") or ""


def _note(draft: Draft, error: Faulty, tables: Sequence[Rows]) -> None:
    """At the line that said it, else at the first line of the course."""
    lines = [row.line for _, row in draft.entries] + [row.line for _, _, row in draft.sittings]
    nowhere = (None, lines[0] if lines else 0, tables[0])
    for place, detail in error.faults:
        column = str(place[0]) if place else ""
        _, line, rows = draft.facts.get(column, nowhere)
        rows.fault(line, column, f"of course {draft.id}: {detail}")
