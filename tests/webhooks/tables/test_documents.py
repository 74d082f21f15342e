"""What the rows of a file become."""

import json
from collections import Counter

import pytest

from apps.courses.payloads import COURSE
from apps.demo.faculty import load_payloads
from apps.webhooks.tables.importing import prepare
from tests.factories.documents import entry, term
from tests.factories.faculty import Faculty
from tests.webhooks.tables.files import (
    EXAM_HEADER,
    EXAM_ROWS,
    SOURCE,
    Json,
    documents,
    exams_of,
    faults,
    file,
    timetable_of,
)

pytestmark = pytest.mark.django_db


def test_a_real_list_becomes_courses() -> None:
    algorithms, algebra = documents(file())
    assert (algorithms["title"], algebra["title"]) == ("Algoritmi", "Линеарна алгебра")
    assert [
        (
            e["id"],
            e["kind"],
            e["weekday"],
            e["starts_at"],
            e["ends_at"],
            e["rooms"],
            e["teachers"],
            e["groups"],
        )
        for e in algorithms["entries"]
    ] == [
        ("lecture-101-102", "lecture", 1, "09:15", "12:00", ["Raf20"], ["Jeremić Jelena"], ["101", "102"]),
        ("exercise-101", "exercise", 5, "12:15", "14:00", ["U7"], ["Ćurčin Viktor"], ["101"]),
        ("lab-102", "lab", 4, "16:15", "18:00", ["Raf10", "Raf11"], ["Ćurčin Viktor"], ["102"]),
    ]
    assert (algebra["id"], algebra["entries"][0]["kind"], algebra["entries"][0]["weekday"]) == (
        "autumn-linearna-algebra",
        "lecture",
        2,
    )


def test_an_exam_list_becomes_exams_with_their_sittings_in_the_zone_of_the_term() -> None:
    algorithms, algebra = documents(None, file(EXAM_HEADER, EXAM_ROWS))
    [exam] = algorithms["exams"]
    assert (exam["id"], exam["kind"], exam["period"]) == ("written-januarski", "written", "Januarski")
    assert exam["sittings"] == [
        {
            "starts_at": "2027-01-20T09:00:00+01:00",
            "ends_at": "2027-01-20T12:00:00+01:00",
            "rooms": ["Raf01", "Raf02"],
            "groups": ["101"],
        },
        {
            "starts_at": "2027-01-21T09:00:00+01:00",
            "ends_at": "2027-01-21T12:00:00+01:00",
            "rooms": ["Raf01"],
            "groups": ["102"],
        },
    ]
    assert algebra["exams"][0]["sittings"][0]["groups"] == []


def test_both_files_speak_of_the_same_courses() -> None:
    header = "Šifra;Predmet;Tip;Dan;Od;Do"
    algorithms, other = documents(
        file(header, ["ALG;Algoritmi;P;1;9;11", "ALG2;Algoritmi 2;P;2;9;11"]),
        file(EXAM_HEADER, EXAM_ROWS[:1]),
    )
    assert (algorithms["code"], len(algorithms["entries"]), len(algorithms["exams"])) == ("ALG", 1, 1)
    assert (other["code"], other["exams"]) == ("ALG2", [])


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_course_set_written_as_files_reads_back_equal(delimiter: str) -> None:
    lecture = entry(
        "lecture", groups=["101", "102"], weeks=[1, 2, 3, 5, 9], teachers=["Jelena Jeremić", "Petrović, Ana"]
    )
    online = entry(
        "online",
        kind="seminar",
        weekday=7,
        valid_from="2026-10-05",
        valid_until="2026-12-01",
        online_url="https://meet.example/x?a=1,2",
    )
    plain = entry("plain", kind="other", rooms=["Raf01", 'Sala "Velika"'], teachers=[])
    courses: list[Json] = [
        {
            "code": "C++",
            "title": 'Programski jezik "C++", uvod',
            "credits": 7.5,
            "year": 2,
            "language": "sr",
            "department": "RN",
            "level": "bachelor",
            "url": "https://example.org/cpp",
            "description": "Prvi red\ndrugi red",
            "entries": [lecture, online],
            "exams": [
                {
                    "kind": "written",
                    "period": "Januar",
                    "note": "Bez beleški",
                    "sittings": [
                        {
                            "starts_at": "2027-01-20T09:00:00+01:00",
                            "ends_at": "2027-01-20T12:00:00+01:00",
                            "rooms": ["Raf01"],
                            "groups": ["101"],
                        },
                        {
                            "starts_at": "2026-10-20T09:00:00+02:00",
                            "ends_at": "2026-10-20T12:00:00+02:00",
                            "rooms": [],
                            "groups": [],
                        },
                    ],
                },
                {
                    "kind": "midterm",
                    "sittings": [
                        {
                            "starts_at": "2026-11-20T09:00:00+01:00",
                            "ends_at": "2026-11-20T12:00:00+01:00",
                            "rooms": ["A", "B"],
                            "groups": [],
                        }
                    ],
                },
            ],
        },
        {"code": "C#", "title": "Ц шарп", "entries": [plain], "exams": []},
    ]
    read = documents(timetable_of(courses, delimiter=delimiter), exams_of(courses, delimiter=delimiter))

    def bare(course: Json) -> Json:
        parts = {
            name: [{k: v for k, v in part.items() if k != "id" and v != []} for part in course[name]]
            for name in ("entries", "exams")
        }
        for exam in parts["exams"]:
            exam["sittings"] = [{k: v for k, v in sitting.items() if v != []} for sitting in exam["sittings"]]
        return {
            k: v for k, v in course.items() if k not in ("id", "term", "teachers", "translations")
        } | parts

    assert [bare(course) for course in read] == [bare(course) for course in courses]
    assert len({course["id"] for course in read}) == 2


def test_headers_are_known_whatever_their_case_accents_script_and_order() -> None:
    header = "ДАН;ucionica;TERMIN;tip nastave;naziv predmeta;Broj studenata"
    [course] = documents(file(header, ["среда;Raf1;09.15 – 12.00;вежбе;Алгоритми;30"]))
    assert course["entries"][0]["weekday"] == 3
    assert course["entries"][0]["starts_at"] == "09:15"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("09:15-12:00", ("09:15", "12:00")),
        ("9.15 – 12.00", ("09:15", "12:00")),
        ("12:15-14", ("12:15", "14:00")),
        ("9:15:00-12:00:00", ("09:15", "12:00")),
        ("9:15 AM - 12:00 PM", ("09:15", "12:00")),
        ("9h do 11h", ("09:00", "11:00")),
    ],
)
def test_hours_are_read_as_people_write_them(cell: str, expected: tuple[str, str]) -> None:
    [course] = documents(file("predmet;tip;dan;termin", [f"A;P;1;{cell}"]))
    assert (course["entries"][0]["starts_at"], course["entries"][0]["ends_at"]) == expected


def test_what_spreadsheets_add_is_taken_off() -> None:
    text = '\ufeffsep=;\r\nPredmet;Tip;Dan;Termin;Grupe;Nastavnik;;\r\n="A";P;1;9-11;="101";-;;\r\n;;;;;;;\r\n\r\n\u00a0B ;P;2;9-11;\'102;–;;\r\n'
    first, second = documents(text.encode())
    assert (first["title"], first["entries"][0]["groups"], first["entries"][0]["teachers"]) == (
        "A",
        ["101"],
        [],
    )
    assert (second["title"], second["entries"][0]["groups"]) == ("B", ["102"])


def test_a_quoted_cell_of_several_lines_does_not_shift_the_line_numbers() -> None:
    rows = ['A,P,1,9-11,"101\n102"', "B,P,9,9-11,101"]
    assert faults(file("predmet,tip,dan,termin,grupe", rows)) == [
        "timetable, line 4, column dan: '9' is no weekday: 1 (Monday) to 7, or a name such as Monday, ponedeljak, PON"
    ]


def test_exams_may_say_how_long_they_take() -> None:
    [course] = documents(None, file("code,date,starts_at,duration,kind", ["ALG,2027-01-20,9:00,90,usmeni"]))
    assert course["exams"][0]["kind"] == "oral"
    assert course["exams"][0]["sittings"][0]["ends_at"] == "2027-01-20T10:30:00+01:00"
    assert course["title"] == "ALG"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_whole_faculty_written_as_files_reads_back_equal(delimiter: str) -> None:
    """All it has but what a table has no columns for: translations, teachers of the course, exceptions of meetings."""
    _, _, autumn, _ = load_payloads()
    courses = autumn["data"]["courses"]
    parsed = prepare(
        source=SOURCE,
        term="autumn",
        new_term=term(),
        timetable=timetable_of(courses, delimiter=delimiter),
        exams=exams_of(courses, delimiter=delimiter),
    ).courses

    def facts(course: Json, name: str, left_out: set[str]) -> list[Json]:
        canonical = COURSE.read(course)
        return [{k: v for k, v in part.items() if k not in left_out} for part in canonical[name]]

    assert sum(len(course["entries"]) for course in courses) > 150
    assert {entry["kind"] for course in parsed for entry in course["entries"]} >= {
        "lecture",
        "exercise",
        "lab",
        "seminar",
    }
    for before, after in zip(courses, parsed, strict=True):
        assert facts(after, "entries", {"id", "exceptions"}) == facts(before, "entries", {"id", "exceptions"})
        assert facts(after, "exams", {"id"}) == facts(before, "exams", {"id"})
        for name in (
            "code",
            "title",
            "description",
            "credits",
            "department",
            "level",
            "year",
            "language",
            "url",
        ):
            assert after.get(name) == before.get(name)


@pytest.mark.parametrize("seed", range(1, 4))
def test_a_published_timetable_of_326_rows_loses_none(seed: int) -> None:
    """By a generator that knows nothing of this reader. A title after a comma makes two teachers of one: nobody can tell."""
    faculty = Faculty(seed)
    found = documents(faculty.csv().encode(), faculty.exams_csv().encode())

    def meetings(courses: list[Json]) -> Counter[str]:
        return Counter(
            json.dumps(
                [course["title"].split(), {**entry, "id": "", "teachers": ", ".join(entry["teachers"])}],
                sort_keys=True,
            )
            for course in (COURSE.read(each) for each in courses)
            for entry in course["entries"]
        )

    assert sum(meetings(found).values()) == 326
    assert meetings(found) == meetings(faculty.documents())
