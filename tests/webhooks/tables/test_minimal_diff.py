"""An edited file is a small change: what its rows were before is found again."""

import pytest

from apps.courses.models import Change, ChangeSet, Course
from apps.webhooks.tables.importing import prepare
from tests.factories.documents import term
from tests.webhooks.tables.files import (
    EXAM_HEADER,
    EXAM_ROWS,
    HEADER,
    ROWS,
    SOURCE,
    documents,
    edited,
    file,
    import_now,
)

pytestmark = pytest.mark.django_db


def ledger_of(*files: bytes | None) -> list[tuple[str, str, object, object]]:
    """The rows of the ledger that one more import makes."""
    before = Change.objects.count()
    import_now(*files)
    rows = Change.objects.order_by("id")[before:]
    return [(row.kind, row.field, row.old, row.new) for row in rows]


def entry_ids() -> dict[str, list[str]]:
    return {
        course.title: [entry["id"] for entry in course.source_document["entries"]]
        for course in Course.objects.visible()
        if course.source_document
    }


def test_the_same_file_again_changes_nothing() -> None:
    import_now(file(), file(EXAM_HEADER, EXAM_ROWS))
    revisions = ChangeSet.objects.count()
    assert ledger_of(file(), file(EXAM_HEADER, EXAM_ROWS)) == []
    assert ChangeSet.objects.count() == revisions


def test_another_room_is_one_row_of_the_ledger() -> None:
    import_now(file())
    assert ledger_of(edited("Raf20", "Raf04")) == [("entry", "rooms", ["Raf20"], ["Raf04"])]


def test_a_class_moved_to_another_day_and_hour_is_one_class() -> None:
    import_now(file())
    before = entry_ids()
    assert ledger_of(edited('"PON","09:15-12"', '"SRE","11:15-14"')) == [
        ("entry", "weekday", 1, 3),
        ("entry", "starts_at", "09:15", "11:15"),
        ("entry", "ends_at", "12:00", "14:00"),
    ]
    assert entry_ids() == before


def test_another_teacher_or_other_groups_are_an_edit_too() -> None:
    import_now(file())
    assert ledger_of(edited("Jeremić Jelena", "Pejčinović Hristina"))[0][1] == "teachers"
    import_now(file())
    assert ledger_of(edited('"101, 102"', '"101, 102, 103"')) == [
        ("entry", "groups", ["101", "102"], ["101", "102", "103"])
    ]


def test_of_two_alike_classes_only_the_one_that_moved_changes() -> None:
    twice = [*ROWS, ROWS[1].replace("PET", "SRE")]
    import_now(file(rows=twice))
    moved = [row.replace("12:15-14", "08:15-10") if "SRE" in row else row for row in twice]
    assert [row[1] for row in ledger_of(file(rows=moved))] == ["starts_at", "ends_at"]
    # Also when it comes first in the file now, and to a day before the other's.
    first = [moved[-1].replace("SRE", "PON"), *moved[:-1]]
    assert [row[1:] for row in ledger_of(file(rows=first))] == [("weekday", 3, 1)]


def test_rows_in_another_order_change_nothing_that_is_told() -> None:
    import_now(file())
    assert ledger_of(file(rows=reversed(ROWS))) == []


def test_a_row_taken_out_is_one_class_gone_and_one_put_in_one_class_more() -> None:
    import_now(file())
    [(kind, field, old, new)] = ledger_of(file(rows=[ROWS[0], *ROWS[2:]]))
    assert (kind, field, new) == ("entry", "", None)
    assert isinstance(old, dict)
    assert old["external_id"] == "exercise-101"
    [(kind, field, old, _)] = ledger_of(file())
    assert (kind, field, old) == ("entry", "", None)


@pytest.mark.usefixtures("unbraked")
def test_a_course_taken_out_is_gone_and_comes_back_under_its_id() -> None:
    import_now(file())
    before = set(Course.objects.visible().values_list("id", flat=True))
    import_now(file(rows=ROWS[:3]))
    assert Course.objects.visible().count() == 1
    import_now(file())
    assert set(Course.objects.visible().values_list("id", flat=True)) == before


def test_a_timetable_alone_leaves_the_exams_and_the_other_way_round() -> None:
    import_now(file(), file(EXAM_HEADER, EXAM_ROWS))
    assert [row[1] for row in ledger_of(edited("Raf20", "Raf04"))] == ["rooms"]
    assert ledger_of(None, file(EXAM_HEADER, EXAM_ROWS)) == []
    [(kind, field, *_)] = ledger_of(None, edited("Raf06", "Raf05", EXAM_HEADER, EXAM_ROWS))
    assert (kind, field) == ("exam", "sittings")


def test_a_course_only_in_the_exam_list_outlives_a_new_timetable() -> None:
    import_now(None, file(EXAM_HEADER, EXAM_ROWS))
    import_now(file(rows=ROWS[:3]))
    assert {course["title"]: len(course["entries"]) for course in documents(file(rows=ROWS[:3]))} == {
        "Algoritmi": 3,
        "Линеарна алгебра": 0,
    }


def test_a_sitting_moved_is_a_change_of_its_exam() -> None:
    import_now(file(), file(EXAM_HEADER, EXAM_ROWS))
    [(kind, field, *_)] = ledger_of(file(), edited("20.01.", "22.01.", EXAM_HEADER, EXAM_ROWS))
    assert (kind, field) == ("exam", "sittings")


def test_ids_of_the_file_win_over_likeness() -> None:
    header, rows = f'"id",{HEADER}', [f'"row-{n}",{row}' for n, row in enumerate(ROWS)]
    import_now(file(header, rows))
    assert entry_ids()["Algoritmi"] == ["row-0", "row-1", "row-2"]
    swapped = [rows[0].replace("row-0", "row-1"), rows[1].replace("row-1", "row-0"), *rows[2:]]
    assert {row[1] for row in ledger_of(file(header, swapped))} >= {"kind", "rooms"}


def test_a_title_learns_its_code_without_becoming_another_course() -> None:
    import_now(file())
    header, rows = (
        f'"Šifra",{HEADER}',
        [f'"ALG",{row}' if "Algoritmi" in row else f'"",{row}' for row in ROWS],
    )
    assert ledger_of(file(header, rows)) == [("course", "code", "", "ALG")]
    assert ledger_of(file(header, [row.replace("Algoritmi", "Algoritmi i strukture") for row in rows])) == [
        ("course", "title", "Algoritmi", "Algoritmi i strukture")
    ]


def test_the_same_course_of_another_term_is_another_course() -> None:
    import_now(file())
    other = prepare(source=SOURCE, term="spring", new_term=term("spring"), timetable=file(), exams=None)
    assert not {course["id"] for course in other.courses} & set(
        Course.objects.values_list("external_id", flat=True)
    )


def test_what_has_no_column_stays_and_an_emptied_cell_is_emptied() -> None:
    header = "title;kind;day;time;department"
    import_now(file(header, ["A;P;1;9-11;Matematika"]))
    assert ledger_of(file("title;kind;day;time", ["A;P;1;9-11"])) == []
    assert ledger_of(file(header, ["A;P;1;9-11;"])) == [("course", "department", "Matematika", None)]
