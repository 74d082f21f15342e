"""A faculty's whole timetable, sent as signed webhooks and applied by the worker, reads back the same from every endpoint."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import recurring_ical_events
from django.test import Client
from icalendar import Calendar
from pytest_django import Settings
from rest_framework.test import APIClient

from apps.courses.enrolments import enrol
from apps.courses.models.sourced import term_id
from apps.users.models import User
from apps.webhooks import processing
from apps.webhooks.models import Delivery
from tests.factories.documents import SOURCE, term
from tests.factories.faculty import (
    DAYS,
    EXAM_KINDS,
    KINDS,
    ROWS,
    TERM,
    ZONE,
    ExamRow,
    Faculty,
    Row,
    course_id,
    split,
)
from tests.factories.webhooks import SECRET, Sender

SEEDS = [1, 2]
MONDAY = date(2026, 10, 5)
WEEK = {"from": str(MONDAY), "to": str(MONDAY + timedelta(days=6))}
Json = dict[str, Any]


class Reader:
    """Reads as the app does, and puts the faculty's rows together again."""

    def __init__(self, faculty: Faculty, client: Client) -> None:
        self.faculty = faculty
        self.client = client
        self.types = {KINDS[row.tip]: row.tip for row in faculty.rows}
        courses = self.all("courses/")
        self.courses = {each["title"]: each["id"] for each in courses}
        self.groups = {entry["id"]: entry["groups"] for each in courses for entry in each["entries"]}
        self.titles = {entry["id"]: each["title"] for each in courses for entry in each["entries"]}
        self.exams = {exam["id"]: (each["title"], exam) for each in courses for exam in each["exams"]}

    def get(self, path: str, **params: Any) -> Any:
        url = path if path.startswith("http") else f"/api/v1/{path}"
        answer = self.client.get(f"{url}?{urlencode(params)}" if params else url)
        assert answer.status_code == 200, (url, params, answer.content)
        return answer

    def all(self, path: str, **params: Any) -> list[Json]:
        """Every page."""
        page = self.get(path, **params).json()
        found: list[Json] = page["results"]
        while page["next"]:
            page = self.get(page["next"]).json()
            found += page["results"]
        return found

    def rows(self, items: Iterable[Json]) -> list[Row]:
        """Of occurrences."""
        return sorted(
            self.row(
                item["title"], item, item["groups"], *(datetime.fromisoformat(item[name]) for name in _ENDS)
            )
            for item in items
        )

    def row(self, title: str, item: Json, groups: list[str], starts_at: datetime, ends_at: datetime) -> Row:
        return Row(
            predmet=title,
            tip=self.types[item["kind"]],
            nastavnik=", ".join(item["teachers"]),
            grupe=", ".join(groups),
            dan=DAYS[starts_at.weekday()],
            termin=f"{starts_at:%H:%M}-{ends_at:%H:%M}",
            učionica=", ".join(item["rooms"]),
        )

    def rows_of_courses(self, courses: Iterable[Json]) -> list[Row]:
        return sorted(
            Row(
                predmet=course["title"],
                tip=self.types[entry["kind"]],
                nastavnik=", ".join(entry["teachers"]),
                grupe=", ".join(entry["groups"]),
                dan=DAYS[entry["weekday"] - 1],
                termin=f"{entry['starts_at']}-{entry['ends_at']}",
                učionica=", ".join(entry["rooms"]),
            )
            for course in courses
            for entry in course["entries"]
        )

    def exam_rows(self, exams: Iterable[tuple[str, Json]]) -> list[ExamRow]:
        """Of (title, exam)."""
        return sorted(
            _exam_row(title, exam, sitting) for title, exam in exams for sitting in exam["sittings"]
        )

    def synced(self) -> list[Json]:
        found: list[Json] = []
        answer = self.get("sync/").json()
        while True:
            found += answer["changed"]
            if not answer["more"]:
                return found
            answer = self.get("sync/", cursor=answer["cursor"]).json()

    def calendar(self, path: str) -> tuple[list[Row], list[ExamRow]]:
        """What a calendar program shows in the week, and all exams. Groups are not in calendars: they are looked up."""
        calendar = Calendar.from_ical(self.get(path).content)
        program = recurring_ical_events.of(calendar)
        events = program.between(MONDAY, MONDAY + timedelta(days=7))
        meetings = [event for event in events if event.categories != ["exam"]]
        single: list[Any] = calendar.walk("VEVENT")
        exams = [event for event in single if event.categories == ["exam"]]
        return (
            sorted(self._meeting(event) for event in meetings),
            sorted(self._sitting(event) for event in exams),
        )

    def _meeting(self, event: Any) -> Row:
        id = event["UID"][:36]
        item = {
            "kind": event.categories[0],
            "rooms": split(str(event.get("LOCATION", ""))),
            "teachers": [str(event["DESCRIPTION"])] if "DESCRIPTION" in event else [],
        }
        return self.row(self.titles[id], item, self.groups[id], event.start, event.end)

    def _sitting(self, event: Any) -> ExamRow:
        title, exam = self.exams[event["UID"][:36]]
        number = int(event["UID"].removesuffix("@campanile")[37:])
        rooms = split(str(event.get("LOCATION", "")))
        times = {"starts_at": event.start.isoformat(), "ends_at": event.end.isoformat()}
        return _exam_row(
            title, exam, {**times, "rooms": rooms, "groups": exam["sittings"][number - 1]["groups"]}
        )


_ENDS = ("starts_at", "ends_at")


def _exam_row(title: str, exam: Json, sitting: Json) -> ExamRow:
    starts_at, ends_at = (datetime.fromisoformat(sitting[name]).astimezone(ZONE) for name in _ENDS)
    return ExamRow(
        predmet=title,
        tip={kind: word for word, kind in EXAM_KINDS.items()}[exam["kind"]],
        rok=exam["period"],
        datum=f"{starts_at:%d.%m.%Y.}",
        termin=f"{starts_at:%H:%M}-{ends_at:%H:%M}",
        učionica=", ".join(sitting["rooms"]),
        grupe=", ".join(sitting["groups"]),
    )


@pytest.fixture(params=SEEDS)
def reader(request: pytest.FixtureRequest, db: None, settings: Settings, time_machine: Any) -> Reader:
    """Half of the courses came in a snapshot of two pages, the rest one by one."""
    faculty = Faculty(request.param)
    settings.WEBHOOK_SECRETS = {SOURCE: [SECRET]}
    sender, documents = Sender(), faculty.documents()
    half = len(documents) // 2
    pages = [documents[: half // 2], documents[half // 2 : half]]
    sender.send("term.updated", term(TERM))
    for number, page in enumerate(pages, start=1):
        snapshot = {"snapshot_id": "s", "term": TERM, "page": number, "pages": 2, "courses": page}
        sender.send("catalogue.snapshot", snapshot, at="2026-09-01T08:00:00Z")
    for document in documents[half:]:
        sender.send("course.updated", document)
    while processing.apply_pending():
        pass
    assert set(Delivery.objects.values_list("status", flat=True)) == {Delivery.Status.PROCESSED}
    time_machine.move_to("2026-10-01T09:00:00Z", tick=False)
    return Reader(faculty, Client())


def has_group(row: Row, group: str, courses_of_group: set[str]) -> bool:
    return group in split(row.grupe) or (not row.grupe and row.predmet in courses_of_group)


def test_the_tables_are_as_ugly_as_they_should_be() -> None:
    for seed in SEEDS:
        faculty = Faculty(seed)
        assert len(faculty.rows) == len(set(faculty.rows)) == ROWS
        assert {row.dan for row in faculty.rows} == set(DAYS)
        assert {KINDS[row.tip] for row in faculty.rows} == set(KINDS.values())
        assert max(len(row.predmet) for row in faculty.rows) >= 190
        assert any(not row.učionica for row in faculty.rows)
        assert any(not row.grupe for row in faculty.rows)
        assert max(Counter((row.predmet, row.rok) for row in faculty.exams).values()) >= 3
        assert faculty.csv().count("\r\n") == ROWS + 1
        assert faculty.documents() == Faculty(seed).documents()


def test_courses_read_back_one_by_one_all_together_and_by_sync(reader: Reader) -> None:
    expected, exams = sorted(reader.faculty.rows), sorted(reader.faculty.exams)
    one_by_one = [reader.get(f"courses/{id}/").json() for id in reader.courses.values()]
    for courses in (reader.all("courses/", page_size=7), one_by_one, reader.synced()):
        assert reader.rows_of_courses(courses) == expected
        assert reader.exam_rows((each["title"], exam) for each in courses for exam in each["exams"]) == exams
    for subject in {row.predmet for row in reader.faculty.rows}:
        [course] = reader.all("courses/", external_id=course_id(subject))
        assert course["title"] == subject


def test_courses_are_found_by_group_and_teacher(reader: Reader) -> None:
    rows = reader.faculty.rows
    for group in {group for row in rows for group in split(row.grupe)}:
        found = {each["title"] for each in reader.all("courses/", group=group)}
        assert found == {row.predmet for row in rows if group in split(row.grupe)}
    for teacher in {row.nastavnik for row in rows} - {""}:
        found = {each["title"] for each in reader.all("courses/", teacher=teacher)}
        assert found == {row.predmet for row in rows if row.nastavnik == teacher}


def test_every_subject_is_found_by_its_title_teacher_and_room(reader: Reader) -> None:
    for row in reader.faculty.rows[::4]:
        for words in (row.predmet, row.predmet.upper(), row.nastavnik, row.učionica):
            if words.strip():
                found = [each["title"] for each in reader.all("courses/", search=words, page_size=200)]
                assert row.predmet in found, words


def test_the_schedule_of_a_week_is_the_table(reader: Reader) -> None:
    rows = reader.faculty.rows
    assert reader.rows(reader.all("schedule/", **WEEK)) == sorted(rows)
    assert reader.rows(reader.all("schedule/", page_size=13, **WEEK)) == sorted(rows)

    def filtered(name: str, value: str, wanted: Callable[[Row], bool]) -> None:
        found = reader.rows(reader.all("schedule/", **WEEK, **{name: value}))
        assert found == sorted(filter(wanted, rows)), (name, value)

    for subject, id in reader.courses.items():
        filtered("course", id, lambda row, subject=subject: row.predmet == subject)  # type: ignore[misc]
    for teacher in {row.nastavnik for row in rows} - {""}:
        filtered("teacher", teacher, lambda row, teacher=teacher: row.nastavnik == teacher)  # type: ignore[misc]
    for room in {room for row in rows for room in split(row.učionica)}:
        filtered("room", room, lambda row, room=room: room in split(row.učionica))  # type: ignore[misc]
    for group in groups_of(rows):
        courses = courses_of(group, rows)
        filtered("group", group, lambda row, group=group, courses=courses: has_group(row, group, courses))  # type: ignore[misc]


def groups_of(rows: Iterable[Row]) -> list[str]:
    return sorted({group for row in rows for group in split(row.grupe)})


def courses_of(group: str, rows: Iterable[Row]) -> set[str]:
    return {row.predmet for row in rows if group in split(row.grupe)}


def test_the_schedule_of_the_whole_term_repeats_the_table(reader: Reader) -> None:
    """Sixteen weeks of teaching, the last of which ends on a Friday."""
    items = reader.all("schedule/", **{"from": "2026-09-28", "to": "2026-11-28"}, page_size=200)
    items += reader.all("schedule/", **{"from": "2026-11-29", "to": "2027-01-29"}, page_size=200)
    found = Counter(reader.rows(items))
    weekend = {"subota", "nedelja"}
    assert found == {row: 15 if row.dan in weekend else 16 for row in reader.faculty.rows}


def test_exams_read_back_with_every_filter(reader: Reader) -> None:
    sittings = reader.faculty.exams

    def listed(**params: str) -> list[ExamRow]:
        return reader.exam_rows((each["title"], each) for each in reader.all("exams/", **params))

    def whole(wanted: Callable[[ExamRow], bool]) -> list[ExamRow]:
        """An exam is there with all its sittings, for one that is wanted."""
        exams = {(each.predmet, each.rok) for each in sittings if wanted(each)}
        return sorted(each for each in sittings if (each.predmet, each.rok) in exams)

    assert listed() == listed(page_size="9") == sorted(sittings)
    for period in {each.rok for each in sittings}:
        assert listed(period=period) == whole(lambda each, period=period: each.rok == period)  # type: ignore[misc]
    for subject, id in reader.courses.items():
        assert listed(course=id) == whole(lambda each, subject=subject: each.predmet == subject)  # type: ignore[misc]
    assert listed(**{"from": "2027-01-20", "to": "2027-01-22"}) == whole(
        lambda each: each.datum in ("20.01.2027.", "21.01.2027.", "22.01.2027.")
    )
    for group in groups_of(reader.faculty.rows):
        courses = courses_of(group, reader.faculty.rows)
        without = {row.predmet for row in reader.faculty.rows} - {
            row.predmet for row in reader.faculty.rows if row.grupe
        }
        assert listed(group=group) == whole(
            lambda each, group=group, known=courses | without: (  # type: ignore[misc]
                group in split(each.grupe) or (not each.grupe and each.predmet in known)
            )
        )


def test_rooms_are_those_of_both_tables_and_free_when_neither_needs_them(reader: Reader) -> None:
    rows, sittings = reader.faculty.rows, reader.faculty.exams
    weekly = Counter(room for row in rows for room in split(row.učionica))
    names = set(weekly) | {room for each in sittings for room in split(each.učionica)}
    assert {each["name"]: each["entries"] for each in reader.all("rooms/")} == {
        name: weekly[name] for name in names
    }
    for number, name in enumerate(DAYS):
        for hour in (8, 10, 12, 17, 20):
            at = datetime(2026, 10, 5 + number, hour, 30, tzinfo=ZONE)
            busy = {
                room
                for row in rows
                if row.dan == name and overlaps(row.termin, at)
                for room in split(row.učionica)
            }
            assert free(reader, at) == names - busy
    for each in sittings[::5]:
        day, month, year = each.datum.strip(".").split(".")
        at = datetime.fromisoformat(f"{year}-{month}-{day}T{each.termin[:5]}").replace(tzinfo=ZONE)
        busy = {
            room
            for other in sittings
            if other.datum == each.datum and overlaps(other.termin, at)
            for room in split(other.učionica)
        }
        assert free(reader, at) == names - busy


def free(reader: Reader, at: datetime) -> set[str]:
    until = at + timedelta(minutes=30)
    return {each["name"] for each in reader.all("rooms/free/", at=at.isoformat(), until=until.isoformat())}


def overlaps(hours: str, at: datetime) -> bool:
    starts_at, ends_at = hours.split("-")
    return starts_at < f"{at + timedelta(minutes=30):%H:%M}" and ends_at > f"{at:%H:%M}"


def test_calendars_show_the_table_to_other_programs(reader: Reader) -> None:
    rows, sittings = reader.faculty.rows, reader.faculty.exams
    for subject, id in reader.courses.items():
        assert reader.calendar(f"courses/{id}/calendar.ics") == (
            sorted(row for row in rows if row.predmet == subject),
            sorted(each for each in sittings if each.predmet == subject),
        )
    for group in groups_of(rows):
        assert reader.calendar(f"groups/{term_id(SOURCE, TERM)}/{group}/calendar.ics") == of_group(
            reader.faculty, group
        )


def of_group(faculty: Faculty, group: str) -> tuple[list[Row], list[ExamRow]]:
    courses = courses_of(group, faculty.rows)
    return (
        sorted(row for row in faculty.rows if has_group(row, group, courses)),
        sorted(
            each
            for each in faculty.exams
            if group in split(each.grupe) or (not each.grupe and each.predmet in courses)
        ),
    )


def test_who_follows_a_group_has_its_rows(reader: Reader) -> None:
    for number, group in enumerate(groups_of(reader.faculty.rows)):
        user = User.objects.create_user(f"user{number}@example.org")
        enrol(user_id=user.pk, term_id=term_id(SOURCE, TERM), group=group)
        reader.client = APIClient()
        reader.client.force_authenticate(user)
        rows, sittings = of_group(reader.faculty, group)
        items = reader.all("me/schedule/", **WEEK)
        assert reader.rows(items) == rows
        assert clashing(items) == {item["entry"] for item in items if item["clashes"]}
        mine = {(each["title"], each["period"]) for each in reader.all("me/exams/")}
        assert mine == {(each.predmet, each.rok) for each in sittings}
        feed = reader.client.post("/api/v1/me/calendar-feed/").json()["url"]
        assert reader.calendar(feed) == (rows, sittings)


def clashing(items: list[Json]) -> set[str]:
    return {
        one["entry"]
        for one in items
        for other in items
        if one is not other and one["starts_at"] < other["ends_at"] and other["starts_at"] < one["ends_at"]
    }
