"""Weeks that nobody would think of."""

import random
from datetime import date, datetime, timedelta
from typing import Any

from tests.flows.week.people import Person
from tests.flows.week.script import BEGINS, PHONES, Faculty, course, entry, exam, people

CATEGORIES = ["schedule", "exams", "courses", "announcements"]
ROOMS = ["A1", "B2", "C3"]
HOURS = ["07:30-09:00", "08:15-10:00", "11:15-13:00", "18:15-20:00"]
QUIET = [None, ("22:00", "07:00"), ("21:00", "08:30"), ("12:00", "16:00")]
EXAM_DAYS = [date(2026, 10, day) for day in (20, 23, 25, 26, 30)]


class RandomWeek:
    def __init__(self, seed: int, count: int = 60) -> None:
        self.dice = random.Random(seed)
        self.faculty = Faculty()
        self.opening = dict(self.faculty.courses)
        self.people = people()
        self.wanted = {person.name: person for person in self.people}
        self.owners: dict[str, str] = {}
        for phone, who in PHONES.items():
            self._sign_in(BEGINS, phone, who)
        now = BEGINS
        for _ in range(count):
            now += timedelta(seconds=self._gap())
            self._happen(now)

    def _gap(self) -> int:
        """No two at once, often within what settles, mostly within hours."""
        return self.dice.choice([7, 13, 29, 61, 400, 1800, 3600, 7200, 14_000, 20_000]) + self.dice.randrange(
            6
        )

    def _happen(self, now: datetime) -> None:
        happenings = [
            *[self._edit_entry] * 8,
            *[self._except] * 4,
            *[self._edit_exam] * 3,
            *[self._choose] * 6,
            self._part_comes_or_goes,
            self._course_comes_or_goes,
            self._snapshot,
            self._calendar,
            self._announce,
            self._phone_changes_hands,
        ]
        self.dice.choice(happenings)(now)

    def _a_course(self) -> str:
        ids: list[str] = sorted(self.faculty.courses)
        return self.dice.choice(ids)

    def _a_part(self, name: str) -> str | None:
        id = self._a_course()
        parts = [part["id"] for part in self.faculty.courses[id][name]]
        return f"{id}/{name}/{self.dice.choice(parts)}" if parts else None

    def _edit_entry(self, now: datetime) -> None:
        starts_at, ends_at = self.dice.choice(HOURS).split("-")
        changes: list[dict[str, Any]] = [
            {"rooms": [self.dice.choice(ROOMS)]},
            {"rooms": [self.dice.choice(ROOMS)]},
            {"weekday": self.dice.randint(1, 5)},
            {"starts_at": starts_at, "ends_at": ends_at, "exceptions": []},
            {"groups": self.dice.choice([[], ["101"], ["101", "102"]])},
            {"teachers": [self.dice.choice(["Ana", "Bora"])]},
        ]
        if path := self._a_part("entries"):
            self.faculty.edit(now, path, silenced=self.dice.random() < 0.1, **self.dice.choice(changes))

    def _except(self, now: datetime) -> None:
        if path := self._a_part("entries"):
            day = (now + timedelta(days=self.dice.choice([0, 0, 1, 1, 2, 6]))).date()
            starts_at, ends_at = self.dice.choice(HOURS).split("-")
            other = (day + timedelta(days=self.dice.choice([0, 1, 4]))).isoformat()
            exception: dict[str, Any] = {"date": day.isoformat()}
            moved = {"status": "moved", "new_date": other, "starts_at": starts_at, "ends_at": ends_at}
            exception |= self.dice.choice([{"status": "cancelled"}, moved])
            self.faculty.edit(now, path, exceptions=self.dice.choice([[], [exception], [exception]]))

    def _edit_exam(self, now: datetime) -> None:
        if path := self._a_part("exams"):
            sitting = exam("", self.dice.choice(EXAM_DAYS).isoformat(), self.dice.choice(HOURS), "A1")
            groups = self.dice.choice([[], ["101"]])
            sittings = [{**each, "groups": groups} for each in sitting["sittings"]]
            changes: list[dict[str, Any]] = [{"sittings": sittings}, {"kind": "oral"}, {"kind": "written"}]
            self.faculty.edit(now, path, **self.dice.choice(changes))

    def _part_comes_or_goes(self, now: datetime) -> None:
        id = self._a_course()
        entries = {part["id"] for part in self.faculty.courses[id]["entries"]}
        if "extra" in entries:
            self.faculty.drop(now, f"{id}/entries/extra")
        else:
            room, hours = self.dice.choice(ROOMS), self.dice.choice(HOURS)
            self.faculty.add(now, f"{id}/entries", entry("extra", self.dice.randint(1, 5), hours, room))

    def _course_comes_or_goes(self, now: datetime) -> None:
        away = sorted(self.opening.keys() - self.faculty.courses.keys())
        if away:
            id = self.dice.choice(away)
            back = self.opening[id]
            if self.dice.random() < 0.5:
                back = course(id, *(entry("lecture", 3, "11:15-13:00", "D4"),))
            self.faculty.say(now, f"{id} comes back", back)
        elif len(self.faculty.courses) > 2:
            self.faculty.delete(now, self._a_course())

    def _snapshot(self, now: datetime) -> None:
        ids = sorted(self.faculty.courses)
        self.faculty.snapshot(now, *ids[: self.dice.choice([3, 4, 4])], silenced=self.dice.random() < 0.3)

    def _calendar(self, now: datetime) -> None:
        day = (now + timedelta(days=self.dice.randint(0, 9))).date().isoformat()
        taught = {"date": day, "taught_as": self.dice.randint(1, 5)}
        self.faculty.calendar(now, day_overrides=self.dice.choice([[], [taught]]))

    def _announce(self, now: datetime) -> None:
        self.faculty.announce(now, self.dice.choice([None, self._a_course()]))

    def _choose(self, now: datetime) -> None:
        person = self.dice.choice(self.people)
        course = self._a_course()
        wants = self.wanted[person.name]
        entries = self.faculty.courses[course]["entries"]
        hidden = (course, self.dice.choice(entries)["id"]) if entries else None
        summary_hour = self.dice.choice([None, 10, 18])
        choices: list[dict[str, Any]] = [
            {"muted": wants.muted ^ {course}},
            {"push_off": self._some(CATEGORIES)},
            {"inbox_off": self._some(CATEGORIES)},
            {"quiet": self.dice.choice(QUIET), "summary_hour": summary_hour},
            {"follows": wants.follows ^ {(course, self.dice.choice(["", "101"]))}},
            {"follows": wants.follows ^ {("", "101")}},
            {"hidden": wants.hidden ^ {hidden} if hidden else set()},
        ]
        chosen = self.dice.choice(choices)
        self.wanted[person.name] = Person(**{**vars(wants), **chosen})
        self.faculty.choose(now, person.name, **chosen)

    def _some(self, of: list[str]) -> set[str]:
        return set(self.dice.sample(of, self.dice.choice([0, 0, 1, 2])))

    def _phone_changes_hands(self, now: datetime) -> None:
        phone = self.dice.choice(sorted(PHONES))
        if phone in self.owners:
            self.faculty.sign_out(now, phone)
            del self.owners[phone]
        else:
            self._sign_in(now, phone, self.dice.choice(self.people).name)

    def _sign_in(self, now: datetime, phone: str, who: str) -> None:
        self.owners[phone] = who
        self.faculty.sign_in(now, who, phone)
