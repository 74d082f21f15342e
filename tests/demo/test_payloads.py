"""The demo faculty as a person would look at it: big enough, valid, taught without more clashes than were put in."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cache
from itertools import combinations
from typing import Any

import pytest

from apps.courses.models.sourced import course_id
from apps.courses.payloads import SNAPSHOT, TERM
from apps.courses.render import course_json
from apps.courses.timetable import Calendar, Occurrence, occurrences
from apps.demo.faculty import load_payloads
from apps.demo.students import load_students

SOURCE = "course-service"
AUTUMN, SPRING = "autumn", "spring"
EVENTS = load_payloads()
TERMS = {event["data"]["id"]: event["data"] for event in EVENTS if event["type"] == "term.updated"}
COURSES = [course for event in EVENTS for course in event["data"].get("courses", [])]
ENTRIES = [entry for course in COURSES for entry in course["entries"]]
EXAMS = [exam for course in COURSES for exam in course["exams"]]


def meetings(course: dict[str, Any]) -> Iterator[tuple[dict[str, Any], Occurrence]]:
    """Every meeting of the course that takes place, with its entry."""
    calendar = Calendar(TERMS[course["term"]])
    for entry in documents()[course["id"]]["entries"]:
        for meeting in occurrences(entry, calendar):
            if meeting.status != "cancelled":
                yield entry, meeting


@cache
def documents() -> dict[str, dict[str, Any]]:
    """Every course as the API would show it, by the course service's id."""
    pages = [SNAPSHOT.read(e["data"]) for e in EVENTS if "courses" in e["data"]]
    return {
        document["id"]: course_json(id=course_id(SOURCE, document["id"]), source=SOURCE, document=document)
        for page in pages
        for document in page["courses"]
    }


def test_it_is_as_big_as_a_small_faculty() -> None:
    assert len(COURSES) >= 60
    assert len(ENTRIES) >= 300
    assert {entry["kind"] for entry in ENTRIES} == {"lecture", "exercise", "lab", "seminar", "other"}
    assert {exam["kind"] for exam in EXAMS} == {"written", "oral", "practical", "midterm", "other"}
    statuses = Counter(x["status"] for entry in ENTRIES for x in entry.get("exceptions", []))
    assert min(statuses[status] for status in ("cancelled", "moved", "added")) >= 15


def test_it_shows_every_shape_of_the_contract() -> None:
    assert any(not entry["groups"] for entry in ENTRIES)
    assert any(len(entry["groups"]) > 2 for entry in ENTRIES)
    assert any(len(entry["rooms"]) > 1 for entry in ENTRIES)
    for field in ("weeks", "valid_from", "valid_until", "online_url"):
        assert any(field in entry for entry in ENTRIES), field
    assert any(len(exam["sittings"]) > 1 for exam in EXAMS)
    assert {p["kind"] for term in TERMS.values() for p in term["periods"]} == {
        "teaching",
        "exams",
        "holiday",
    }
    assert all(term["day_overrides"] for term in TERMS.values())
    languages = {language for course in COURSES for language in course["translations"]}
    assert languages == {"en", "sr", "sr-Cyrl"}


def test_every_document_is_valid() -> None:
    for event in EVENTS:
        kind = TERM if event["type"] == "term.updated" else SNAPSHOT
        assert kind.read(event["data"])


@pytest.mark.parametrize("term", [AUTUMN, SPRING])
def test_only_a_handful_of_classes_clash(term: str) -> None:
    """A room, a teacher or a group in two places at once. Courses without groups clash by choice, so they are not counted."""
    busy: dict[tuple[date, str], list[tuple[str, str, str]]] = defaultdict(list)
    for course in COURSES:
        if course["term"] == term:
            for entry, meeting in meetings(course):
                for name in {*meeting.rooms, *meeting.teachers, *entry["groups"]}:
                    where = (meeting.starts_at, meeting.ends_at, f"{course['id']}/{entry['external_id']}")
                    busy[meeting.date, name].append(where)
    clashes = {
        (*sorted([one[2], other[2]]),)
        for day in busy.values()
        for one, other in combinations(day, 2)
        if one[0] < other[1] and other[0] < one[1]
    }
    assert 1 <= len(clashes) <= 4, clashes


def test_exceptions_name_days_on_which_the_class_meets() -> None:
    for course in COURSES:
        calendar = Calendar(TERMS[course["term"]])
        for entry in documents()[course["id"]]["entries"]:
            regular = {m.date for m in occurrences(entry | {"exceptions": []}, calendar)}
            for exception in entry["exceptions"]:
                named = date.fromisoformat(exception["date"])
                assert (named in regular) == (exception["status"] != "added"), (course["id"], exception)


def test_exams_are_held_in_exam_periods() -> None:
    for course in COURSES:
        periods = {p["name"]: p for p in TERMS[course["term"]]["periods"] if p["kind"] == "exams"}
        for exam in course["exams"]:
            for sitting in exam["sittings"]:
                day = sitting["starts_at"][:10]
                assert periods[exam["period"]]["starts_on"] <= day <= periods[exam["period"]]["ends_on"]


def test_whenever_the_demo_is_played_in_its_week_the_student_has_a_class_within_a_day() -> None:
    student = load_students()[0]
    starts = sorted(
        datetime.fromisoformat(f"{meeting.date}T{meeting.starts_at}")
        for course in COURSES
        if course["id"] in student.courses and course["term"] == AUTUMN
        for entry, meeting in meetings(course)
        if meeting.status == "scheduled" and (not entry["groups"] or student.group in entry["groups"])
    )
    week_six = datetime.fromisoformat("2026-11-02T00:00")
    hours = [week_six + timedelta(hours=hour) for hour in range(7 * 24)]
    lonely = [hour for hour in hours if not any(timedelta(0) < s - hour <= timedelta(days=1) for s in starts)]
    assert not lonely
