"""The invented catalogue that is measured: the same courses for the same numbers, as a course service would send them."""

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

SOURCE = "course-service"
TERM = "2027-spring"
FIRST_MONDAY = "2027-02-15"
_SUBJECTS = (
    "Algorithms",
    "Databases",
    "Compilers",
    "Operating Systems",
    "Geometry",
    "Statistics",
    "Networks",
)
_PEOPLE = ("Jelena Jeremić", "Marko Petrović", "Ana Đorđević", "Nikola Ilić", "Mina Kovačević")
_HOURS = (("08:15", "10:00"), ("10:15", "12:00"), ("12:15", "14:00"), ("14:15", "16:00"), ("16:15", "18:00"))


def term() -> Json:
    return {
        "id": TERM,
        "name": "Spring 2027",
        "starts_on": "2027-02-15",
        "ends_on": "2027-07-09",
        "time_zone": "Europe/Belgrade",
        "periods": [
            {"kind": "teaching", "name": "Teaching", "starts_on": "2027-02-15", "ends_on": "2027-05-28"},
            {"kind": "holiday", "name": "Easter", "starts_on": "2027-04-30", "ends_on": "2027-05-03"},
            {"kind": "exams", "name": "June", "starts_on": "2027-06-07", "ends_on": "2027-07-09"},
        ],
    }


def course(number: int, *, entries: int = 1, room: str = "Raf20") -> Json:
    """Another `room` is a change that readers see. Meetings of courses whose numbers follow one another do not clash."""
    subject = _SUBJECTS[number % len(_SUBJECTS)]
    return {
        "id": f"c{number}",
        "term": TERM,
        "code": f"R{number:06}",
        "title": f"{subject} {number}",
        "credits": 7.5,
        "department": f"D{number % 20:02}",
        "year": number % 4 + 1,
        "language": "sr",
        "teachers": [_PEOPLE[number % len(_PEOPLE)]],
        "entries": [_entry(number, place, room) for place in range(entries)],
        "exams": [],
    }


def courses(count: int, *, entries: int = 1, room: str = "Raf20") -> Iterator[Json]:
    return (course(number, entries=entries, room=room) for number in range(count))


def _entry(number: int, place: int, room: str) -> Json:
    slot = number * 3 + place
    starts_at, ends_at = _HOURS[slot // 5 % len(_HOURS)]
    return {
        "id": f"e{place}",
        "kind": "lecture" if place == 0 else "exercise",
        "weekday": slot % 5 + 1,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "rooms": [room],
        "teachers": [_PEOPLE[(number + place) % len(_PEOPLE)]],
        "groups": [] if place == 0 else [str(100 + place)],
    }


def near(number: int, slot: Json, room: str) -> Json:
    """A course that meets once a week, in that slot."""
    document = course(number)
    document["entries"][0].update(slot, rooms=[room])
    return document
