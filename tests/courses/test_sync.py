from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.courses.models import Change, ChangeSet, Course, Entry, Revision, Term
from apps.courses.signals import change_sets_recorded
from tests.factories.documents import (
    api_id,
    at,
    course,
    delete_course,
    entry,
    exam,
    put_course,
    put_snapshot,
    put_term,
    stored,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unbraked")]


def revision() -> int:
    return Revision.objects.get().n


def test_a_course_becomes_rows_a_document_and_one_ledger_row() -> None:
    put_term()
    outcome = put_course(exams=[exam()])
    served = stored().served()
    assert served is not None
    assert outcome.revision == revision() == 2
    assert [part["rooms"] for part in served["entries"]] == [["Raf20"]]
    assert Entry.objects.get().course_id == api_id()
    change = Change.objects.get(course=api_id())
    assert (change.field, change.old, change.new) == ("", None, served)


def test_the_same_document_again_leaves_the_revision_alone_but_moves_the_guard() -> None:
    put_course(1)
    again = put_course(3)
    assert (again.revision, revision(), ChangeSet.objects.count()) == (None, 1, 1)
    assert delete_course(2).counts == {"overtaken": 1}
    assert stored().visible


def test_the_same_document_under_a_newer_guard_keeps_all_that_is_stored_but_the_guard() -> None:
    put_term()
    put_course(1, exams=[exam()])
    before = Course.objects.values().get()
    put_course(3, exams=[exam()])
    assert Course.objects.values().get() == before | {"guard": at(3)}


def test_the_same_document_brings_a_deleted_and_a_hidden_course_back() -> None:
    put_course(1)
    delete_course(2)
    assert put_course(3).counts == {"changed": 1}
    assert stored().visible
    put_snapshot(5)
    assert not stored().visible
    assert put_course(6).counts == {"changed": 1}
    assert stored().visible


def test_the_ledger_holds_any_text() -> None:
    odd = 'tab\t newline\n backslash\\ \\N "quoted" {braces}, čćž 🎓'
    put_term()
    put_course(1, title=odd)
    put_course(2, title="\\N", description=odd)
    rows = Change.objects.filter(course=api_id()).values_list("field", "old", "new")
    changes: dict[str, Any] = {field: (old, new) for field, old, new in rows}
    assert changes[""][1]["title"] == odd
    assert changes["title"] == (odd, "\\N")
    assert changes["description"] == (None, odd)


def test_a_room_change_is_one_ledger_row_with_the_days_it_touches() -> None:
    put_term()
    put_course(1)
    put_course(2, entries=[entry(rooms=["Raf04"])])
    change = Change.objects.get(field="rooms")
    assert (change.kind, change.old, change.new) == ("entry", ["Raf20"], ["Raf04"])
    assert len(change.dates) == 16
    assert {day.isoweekday() for day in change.dates} == {2}
    assert Entry.objects.get().rooms == ["Raf04"]


def test_an_exception_touches_only_its_own_days() -> None:
    put_term()
    put_course(1)
    moved = {"date": "2026-10-06", "status": "moved", "new_date": "2026-10-08", "rooms": ["Raf04"]}
    put_course(2, entries=[entry(exceptions=[moved])])
    assert [day.isoformat() for day in Change.objects.get(field="exceptions").dates] == [
        "2026-10-06",
        "2026-10-08",
    ]


def test_an_older_document_is_overtaken() -> None:
    put_course(2, title="New")
    assert put_course(1, title="Old").counts == {"overtaken": 1}
    assert stored().title == "New"


def test_updated_at_in_the_document_is_the_guard_when_sent() -> None:
    put_course(0, title="New", updated_at="2026-10-01T00:00:00Z")
    put_course(100, title="Old", updated_at="2026-09-30T23:59:59.999999Z")
    assert stored().title == "New"


def test_a_late_update_does_not_resurrect_a_deleted_course() -> None:
    put_course(1)
    delete_course(3)
    put_course(2, title="Late")
    assert not stored().visible
    assert Entry.objects.count() == 0


def test_a_deletion_may_arrive_before_the_course() -> None:
    delete_course(3)
    put_course(2)
    assert not Course.objects.visible().exists()
    assert revision() == 0


def test_a_newer_update_brings_a_deleted_course_back_under_the_same_id() -> None:
    put_course(1)
    delete_course(2)
    put_course(3, title="Back")
    assert Course.objects.visible().get().pk == api_id()
    assert Entry.objects.count() == 1


def test_a_deletion_beats_an_update_of_the_same_moment() -> None:
    put_course(1)
    assert delete_course(1).ties == ["algorithms"]
    put_course(1)
    assert not stored().visible


def test_fields_absent_from_a_document_are_cleared() -> None:
    put_course(1, description="About graphs", credits=6)
    put_course(2)
    assert (stored().description, stored().credits) == (None, None)
    assert set(Change.objects.filter(change_set=2).values_list("field", flat=True)) == {
        "description",
        "credits",
    }


def test_entries_that_go_and_come_keep_their_id() -> None:
    put_course(1)
    id = Entry.objects.get().pk
    put_course(2, entries=[])
    assert not Entry.objects.exists()
    put_course(3)
    assert Entry.objects.get().pk == id


def test_a_course_may_arrive_before_its_term() -> None:
    put_course(1)
    assert Term.objects.get().guard is None
    put_term(1)
    assert Term.objects.filled().get().name == "Autumn 2026"


def test_a_holiday_that_moves_is_a_change_of_the_term_and_of_no_course() -> None:
    put_term(0)
    put_course(0)
    before = stored().document
    holiday = {"kind": "holiday", "name": "Armistice", "starts_on": "2026-11-11", "ends_on": "2026-11-11"}
    put_term(1, periods=[{"kind": "teaching", "starts_on": "2026-09-28", "ends_on": "2027-01-15"}, holiday])
    change = Change.objects.get(change_set=3)
    assert (change.kind, change.field, [str(day) for day in change.dates]) == (
        "term",
        "periods",
        ["2026-11-11"],
    )
    assert stored().document == before


def test_a_complete_snapshot_hides_what_it_does_not_list() -> None:
    put_course(1)
    put_course(1, id="left out")
    put_snapshot(2, course())
    assert stored().visible
    assert not stored("left out").visible


def test_a_snapshot_hides_nothing_until_all_its_pages_are_in() -> None:
    put_course(1, id="left out")
    put_snapshot(3, course(id="b"), page=2, pages=2)
    assert stored("left out").visible
    put_snapshot(2, course(id="a"), page=1, pages=2)
    assert not stored("left out").visible
    assert {seen.external_id for seen in Course.objects.visible()} == {"a", "b"}


def test_a_late_document_at_or_below_the_floor_stays_hidden() -> None:
    put_snapshot(5, course(id="a"))
    put_course(5, id="late")
    assert not stored("late").visible
    put_course(5.1, id="late")
    assert stored("late").visible


def test_a_newer_snapshot_that_lists_it_shows_a_hidden_course_again() -> None:
    put_course(1, updated_at="2026-08-01T00:00:00Z")
    put_snapshot(2, id="s1")
    assert not stored().visible
    put_snapshot(3, course(updated_at="2026-08-01T00:00:00Z"), id="s2")
    assert stored().visible


def test_the_same_snapshot_twice_changes_nothing() -> None:
    put_term()
    courses = [course(id=str(number)) for number in range(20)]
    put_snapshot(1, *courses)
    before = revision()
    assert put_snapshot(2, *courses, id="s2").counts == {"unchanged": 20}
    assert revision() == before


def test_only_a_real_change_is_announced_with_its_rows() -> None:
    heard: list[int] = []

    def listen(change_sets: list[ChangeSet], **_: Any) -> None:
        heard.extend(change_set.changes.count() for change_set in change_sets)

    change_sets_recorded.connect(listen)
    try:
        put_course(1)
        put_course(2)
        put_course(3, title="Other")
    finally:
        change_sets_recorded.disconnect(listen)
    assert heard == [1, 1]


def test_a_page_of_any_length_takes_the_same_number_of_statements() -> None:
    put_term()

    def statements(prefix: str, count: int) -> int:
        parts: dict[str, Any] = {"entries": [entry(), entry(id="lab")], "exams": [exam()]}
        courses = [course(id=f"{prefix}{number}", **parts) for number in range(count)]
        with CaptureQueriesContext(connection) as queries:
            put_snapshot(1, *courses, id=prefix, pages=2)
        return len(queries)

    assert statements("few", 1) == statements("many", 50)
    assert Entry.objects.count() == 2 * 51
