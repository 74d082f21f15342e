"""Every fault is named by line and column, all of them at once."""

import pytest

from apps.core.tables.faults import Refused
from apps.core.tables.reading import MOST_BYTES, MOST_ROWS
from tests.webhooks.tables.files import EXAM_HEADER, documents, faults, file

pytestmark = pytest.mark.django_db
PLAIN = "Predmet;Tip;Dan;Termin;Grupe"
GOOD = "Algoritmi;P;PON;9-11;101"


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        (PLAIN, "Algoritmi;P;danas;9-11;", "line 2, column Dan: 'danas' is no weekday"),
        (PLAIN, "Algoritmi;šetnja;PON;9-11;", "line 2, column Tip: 'šetnja' is no kind we know"),
        (PLAIN, "Algoritmi;;PON;9-11;", "line 2, column Tip: is empty"),
        (PLAIN, "Algoritmi;P;PON;;", "line 2, column Termin: must say when it begins and ends"),
        (PLAIN, "Algoritmi;P;PON;9;", "line 2, column Termin: must say when it begins and ends"),
        (PLAIN, "Algoritmi;P;PON;11-9;", "line 2, column Termin: ends at 09:00, which is not after 11:00"),
        (PLAIN, "Algoritmi;P;PON;25:00-26:00;", "line 2, column Termin: '25:00-26:00' is no time of day"),
        (PLAIN, "Algoritmi;P;PON;\u0669-11;", "line 2, column Termin: '\u0669-11' is no time of day"),
        (PLAIN, "Algoritmi;P;PON;9-10-11;", "line 2, column Termin: '9-10-11' must be two times"),
        (PLAIN, ";P;PON;9-11;", "line 2: names no course"),
        (PLAIN, f"Algoritmi;P;PON;9-11;{'g' * 65}", "line 2, column Grupe: String should have at most 64 characters"),
        (PLAIN, f"{'A' * 501};P;PON;9-11;", "line 2, column Predmet: of course "),
        (PLAIN, "=HYPERLINK(\"x\");P;PON;9-11;", "line 2, column Predmet: is a formula: paste its value"),
        (PLAIN, "=$A$1+B2;P;PON;9-11;", "line 2, column Predmet: is a formula: paste its value"),
        (PLAIN, "@SUM(1);P;PON;9-11;", "line 2, column Predmet: is a formula: paste its value"),
        (PLAIN, "#REF!;P;PON;9-11;", "line 2, column Predmet: is the error #REF! of a spreadsheet"),
        (PLAIN, "Alg\x07;P;PON;9-11;", "line 2, column Predmet: holds a control character"),
        (PLAIN, "Algoritmi;P;PON;9-11;101;102", "line 2: has 6 cells, the header 5"),
        (f"{PLAIN};", "Algoritmi;P;PON;9-11;101;102", "line 2, column number 6, which has no name: has a value"),
        (f"{PLAIN};Weeks", "Algoritmi;P;PON;9-11;;7-3", "line 2, column Weeks: '7-3' must be weeks from 1 to 110"),
        (f"{PLAIN};Weeks", "Algoritmi;P;PON;9-11;;0", "line 2, column Weeks: '0' must be weeks"),
        (f"{PLAIN};Weeks", "Algoritmi;P;PON;9-11;;1-99999", "line 2, column Weeks: '1-99999' must be weeks"),
        (f"{PLAIN};Važi od", "Algoritmi;P;PON;9-11;;1/2/2027", "line 2, column Važi od: '1/2/2027' could be read in two ways"),
        (f"{PLAIN};Važi od", "Algoritmi;P;PON;9-11;;31.2.2027.", "line 2, column Važi od: '31.2.2027.' is no date"),
        (f"{PLAIN};Važi od", "Algoritmi;P;PON;9-11;;1.6.", "line 2, column Važi od: '1.6.' has no year, and the term from 2026-09-28 to 2027-02-14"),
        (f"{PLAIN};Link", "Algoritmi;P;PON;9-11;;javascript:alert(1)", "line 2, column Link: String should match pattern"),
        (f"{PLAIN};ESPB", "Algoritmi;P;PON;9-11;;šest", "line 2, column ESPB: must be a number"),
        (f"{PLAIN};Godina", "Algoritmi;P;PON;9-11;;prva", "line 2, column Godina: must be a whole number"),
        ("Predmet;Tip;Termin", "Algoritmi;P;9-11", "line 1: has no column weekday; known names: weekday, day, dan"),
        ("Predmet;Tip;Dan;Od", "Algoritmi;P;1;9", "line 1: has no column time or ends_at; known names: time"),
        (f"{PLAIN};Gruppe", "Algoritmi;P;PON;9-11;;", "line 1, column Gruppe: is not known; did you mean grupe?"),
        (f"{PLAIN};Dan", "Algoritmi;P;PON;9-11;;", "line 1, column Dan: says the same as column Dan"),
    ],
)  # fmt: skip
def test_a_fault_in_the_timetable(header: str, row: str, expected: str) -> None:
    found = faults(file(header, [row]))
    assert len(found) == 1, found
    assert found[0].startswith(f"timetable, {expected}")


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        (EXAM_HEADER, "Algoritmi;;;9-11;;", "line 2, column Datum: is empty"),
        (EXAM_HEADER, "Algoritmi;;32.1.2027;9-11;;", "line 2, column Datum: '32.1.2027' is no date"),
        (EXAM_HEADER, "Algoritmi;;20.1.2027.;9;;", "line 2, column Vreme: must say when it begins and ends"),
        (f"{EXAM_HEADER};Dan", "Algoritmi;;20.1.2027.;9-11;;;PON", "line 2, column Dan: is not the weekday of 2027-01-20"),
        ("Predmet;Datum;Od;Trajanje", "A;20.1.2027.;9;1000", "line 2, column Trajanje: must be minutes that end on the same day"),
        ("Predmet;Datum;Vreme;Tip", "A;20.1.2027.;9-11;test", "line 2, column Tip: 'test' is no kind we know"),
    ],
)  # fmt: skip
def test_a_fault_in_the_exams(header: str, row: str, expected: str) -> None:
    found = faults(None, file(header, [row]))
    assert len(found) == 1, found
    assert found[0].startswith(f"exams, {expected}")


def test_all_faults_of_both_files_come_together_in_order() -> None:
    found = faults(
        file(PLAIN, ["A;P;danas;9-11;", GOOD, "B;x;PON;kasno;"]), file(EXAM_HEADER, ["A;;juče;9-11;;"])
    )
    assert [fault.split(":")[0] for fault in found] == [
        "exams, line 2, column Datum",
        "timetable, line 2, column Dan",
        "timetable, line 4, column Termin",
        "timetable, line 4, column Tip",
    ]


def test_rows_of_one_course_do_not_contradict_each_other() -> None:
    header = "code;title;kind;day;time"
    assert faults(file(header, ["ALG;Algoritmi;P;1;9-11", "ALG;ALGORITMI;P;2;9-11"])) == []
    assert faults(file(header, ["ALG;Algoritmi;P;1;9-11", "ALG;Analiza;P;2;9-11"])) == [
        "timetable, line 3, column title: is 'Analiza', but line 2 says 'Algoritmi' of the same course"
    ]


def test_a_title_of_two_courses_needs_a_code() -> None:
    header = "code;title;kind;day;time"
    [fault] = faults(file(header, ["A1;Algoritmi;P;1;9-11", "A2;Algoritmi;P;2;9-11", ";Algoritmi;P;3;9-11"]))
    assert (
        fault == "timetable, line 4, column title: is the title of several courses: give their code as well"
    )


def test_one_id_names_one_entry() -> None:
    [fault] = faults(file("id;title;kind;day;time", ["x;A;P;1;9-11", "x;A;P;2;9-11", "x;B;P;2;9-11"]))
    assert fault == "timetable, line 3, column id: is the id of line 2 of the same course"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", "timetable: has no rows"),
        (b"\n \n;;\n", "timetable: has no rows"),
        (PLAIN.encode(), "timetable: has no rows"),
        (b"PK\x03\x04\x00\x00", "timetable: is an Excel workbook; save it as “CSV UTF-8”"),
        (b"\xd0\xcf\x11\xe0", "timetable: is an old Excel workbook"),
        ("Predmet;Tip\n".encode("utf-16"), "timetable: is UTF-16 text"),
        (file(PLAIN, ["Vežbe;P;PON;9-11;"]).decode().encode("cp1250"), "timetable, line 2: is not UTF-8, perhaps windows-1250"),
        (file(PLAIN, ["A;P;PON;9-11;\0"]), "timetable, line 2: holds a NUL character"),
        (file(PLAIN, [GOOD, '"Algoritmi;P;PON;9-11;']), "timetable, line 3: cannot be taken apart: unexpected end of data"),
        (file(PLAIN, [GOOD, f'"{"x" * 200_000}";P;PON;9-11;']), "timetable, line 3: has a cell of more than 131,072 characters"),
        (b",".join([b"x"] * 1_000_000), "timetable, line 1: has 1,000,000 cells, at most 100 are read"),
        (file(PLAIN, [GOOD, "x;" * 1_000_000]), "timetable, line 3: has 1,000,001 cells, at most 100 are read"),
        (b"x" * (MOST_BYTES + 1), f"timetable: has {MOST_BYTES + 1:,} bytes, at most {MOST_BYTES:,} are read"),
        (file(PLAIN, ["A;P;1;9-11;"] * (MOST_ROWS + 1)), f"timetable, line {MOST_ROWS + 2}: there are more than {MOST_ROWS:,} rows"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_table_is_refused_whole(raw: bytes, expected: str) -> None:
    [*_, fault] = faults(raw)
    assert fault.startswith(expected)


def test_a_flood_of_faults_is_cut_short_and_counted() -> None:
    with pytest.raises(Refused) as refused:
        documents(file(PLAIN, ["A;P;danas;9-11;"] * 5_000))
    assert (len(refused.value.faults), refused.value.total) == (200, 5_000)


def test_a_course_with_too_many_entries_is_a_fault_of_its_own() -> None:
    rows = [f"A;P;1;9-11;{number}" for number in range(1_001)]
    [fault] = faults(file(PLAIN, rows))
    assert fault.startswith(
        "timetable, line 2, column entries: of course autumn-a: List should have at most 1000 items"
    )
