"""The timetable of an invented faculty as faculties publish them: a table of text, with everything ugly that real ones have.

A row is a class: subject, type, teacher, groups, day, time, rooms, all as people write them. Another table has the sittings of exams.
The same seed makes the same tables.
"""

import csv
import io
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]
ROWS = 326
ZONE = ZoneInfo("Europe/Belgrade")
TERM = "autumn"
DAYS = ["ponedeljak", "utorak", "sreda", "četvrtak", "petak", "subota", "nedelja"]
KINDS = {
    "predavanja": "lecture",
    "vežbe": "exercise",
    "laboratorijske vežbe": "lab",
    "praktikum": "lab",
    "seminar": "seminar",
}
EXAM_KINDS = {"pismeni": "written", "usmeni": "oral", "praktični": "practical", "kolokvijum": "midterm"}
PERIODS = {"Januarski rok": date(2027, 1, 18), "Februarski rok": date(2027, 2, 1)}


@dataclass(frozen=True, slots=True, order=True)
class Row:
    predmet: str
    tip: str
    nastavnik: str
    grupe: str
    dan: str
    termin: str
    učionica: str


@dataclass(frozen=True, slots=True, order=True)
class ExamRow:
    predmet: str
    tip: str
    rok: str
    datum: str
    termin: str
    učionica: str
    grupe: str


_SUBJECTS = [
    "Analiza 1",
    "Алгебра и логика",
    "Дискретне структуре",
    'Programski jezik "C++"',
    "Uvod u C# i .NET",
    "Čvrstoća i dinamika",
    "Đačka praksa & etika",
    "Њутнова механика",
    "Engleski jezik 1 / English",
    "O'Reilly, knjige i ljudi; pregled",
    "Objektno-orijentisano programiranje",
    "Računarske mreže (napredni kurs)",
    "<b>Web</b> programiranje",
    "=SUM(A1) tabele u poslovanju",
    "Œuvres françaises",
    "Увод у software инжењерство",
    "  Razmaci   na sve strane ",
    "Verovatnoća\tsa tabulatorom",
    "Психологија Ψ",
    "日本語",
]
_WORDS = ["sistemi", "podaci", "modeli", "грађевине", "šume", "žice", "ćelije", "metode", "jezici", "процеси"]
_PEOPLE = [
    "Jelena Jeremić",
    "Đorđe Šćepanović-Ćirić",
    "Љубица Њежић",
    "Seán O'Connor",
    'Petar "Pera" Žikić',
    "dr Žarko Čolić, vanr. prof.",
    "João Ñúñez",
    "Gastpredavač",
    "",
]
_ROOMS = [
    "Raf01",
    "Raf04 (u)",
    "Raf05",
    "Raf20 (a)",
    "Kolarac 1",
    "Č-12",
    "Учионица 7",
    'Sala "Mihajlo Pupin"',
]
_GROUPS = ["101", "102", "103a", "103b", "201", "202", "301", "302", "s101", "s201", "РН 401", "SI-401/2"]
_TIMES = ["08:00-08:45", "09:15-12:00", "09:15-11:00", "11:15-13:00", "12:15-15:00", "15:15-18:00"]
_EVENINGS = ["18:15-21:00", "20:15-22:30", "21:00-23:59"]


class Faculty:
    def __init__(self, seed: int, rows: int = ROWS) -> None:
        self._random = random.Random(seed)
        # Each faculty has its own word for work in a laboratory.
        self._types = [
            "predavanja",
            "vežbe",
            self._random.choice(["laboratorijske vežbe", "praktikum"]),
            "seminar",
        ]
        self.subjects = self._some_subjects(max(1, rows // 5))
        made: dict[Row, None] = {}
        while len(made) < rows:
            for row in self._classes(self.subjects[len(made) % len(self.subjects)]):
                if len(made) < rows:
                    made[row] = None
        self.rows = list(made)
        self.exams = [
            row for subject in {row.predmet: None for row in made} for row in self._sittings(subject)
        ]

    def _some_subjects(self, count: int) -> list[str]:
        found = dict.fromkeys(_SUBJECTS[:count])
        while len(found) < count:
            words = " ".join(self._random.sample(_WORDS, 3)).capitalize()
            found[f"{words} {len(found)}"] = None
            long = " ".join(self._random.choices(_WORDS, k=40))[:196]
            found[f"{long} {len(found)}"] = None
        return list(found)[:count]

    def _classes(self, subject: str) -> list[Row]:
        """A class and, now and then, the same one in a second room or on a second day, as rows of their own."""
        groups = self._random.sample(_GROUPS, self._random.choice([1, 1, 2, 3, 6]))
        first = Row(
            predmet=subject,
            tip=self._random.choice(self._types),
            nastavnik=self._random.choice(_PEOPLE),
            grupe=self._random.choice([", ".join(groups)] * 9 + [""]),
            dan=DAYS[self._random.choice([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 6])],
            termin=self._random.choice(_TIMES * 2 + _EVENINGS),
            učionica=self._rooms(),
        )
        match self._random.randrange(6):
            case 0:
                return [first, _with(first, učionica=self._rooms())]
            case 1:
                return [first, _with(first, dan=self._random.choice(DAYS))]
        return [first]

    def _rooms(self) -> str:
        return ", ".join(self._random.sample(_ROOMS, self._random.choice([0, 1, 1, 1, 1, 2, 3])))

    def _sittings(self, subject: str) -> list[ExamRow]:
        """In each period some sittings, the same hour in other rooms for other groups or another day."""
        found: dict[ExamRow, None] = {}
        for period, first in PERIODS.items():
            day = first + timedelta(days=self._random.randrange(12))
            kind = self._random.choice(list(EXAM_KINDS))
            for _ in range(self._random.randrange(4)):
                groups = self._random.sample(_GROUPS, self._random.choice([0, 1, 3]))
                row = ExamRow(
                    predmet=subject,
                    tip=kind,
                    rok=period,
                    datum=f"{day + timedelta(days=self._random.randrange(2)):%d.%m.%Y.}",
                    termin=self._random.choice(_TIMES + _EVENINGS),
                    učionica=self._rooms(),
                    grupe=", ".join(groups),
                )
                found[row] = None
        return list(found)

    def documents(self) -> list[Json]:
        """The courses as the course service describes them."""
        rows, exams = defaultdict(list), defaultdict(list)
        for row in self.rows:
            rows[row.predmet].append(row)
        for sitting in self.exams:
            exams[sitting.predmet].append(sitting)
        return [_course(subject, rows[subject], exams[subject]) for subject in rows]

    def csv(self) -> str:
        return _csv(self.rows, Row)

    def exams_csv(self) -> str:
        return _csv(self.exams, ExamRow)


def course_id(subject: str) -> str:
    return sha256(subject.encode()).hexdigest()[:16]


def split(text: str) -> list[str]:
    return text.split(", ") if text else []


def _with(row: Row, **changes: str) -> Row:
    return Row(**{field.name: getattr(row, field.name) for field in fields(row)} | changes)


def _course(subject: str, rows: Sequence[Row], exams: Sequence[ExamRow]) -> Json:
    by_period: dict[tuple[str, str], list[ExamRow]] = defaultdict(list)
    for sitting in exams:
        by_period[sitting.rok, sitting.tip].append(sitting)
    return {
        "id": course_id(subject),
        "term": TERM,
        "code": course_id(subject)[:6].upper(),
        "title": subject,
        "entries": [_entry(str(number), row) for number, row in enumerate(rows, start=1)],
        "exams": [
            {
                "id": f"{period} {kind}",
                "kind": EXAM_KINDS[kind],
                "period": period,
                "sittings": [_sitting(each) for each in sittings],
            }
            for (period, kind), sittings in by_period.items()
        ],
    }


def _entry(id: str, row: Row) -> Json:
    starts_at, ends_at = row.termin.split("-")
    return {
        "id": id,
        "kind": KINDS[row.tip],
        "weekday": DAYS.index(row.dan) + 1,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "rooms": split(row.učionica),
        "teachers": [row.nastavnik] if row.nastavnik else [],
        "groups": split(row.grupe),
    }


def _sitting(row: ExamRow) -> Json:
    day, month, year = row.datum.strip(".").split(".")
    starts_at, ends_at = (
        datetime.fromisoformat(f"{year}-{month}-{day}T{hour}").replace(tzinfo=ZONE).isoformat()
        for hour in row.termin.split("-")
    )
    return {
        "starts_at": starts_at,
        "ends_at": ends_at,
        "rooms": split(row.učionica),
        "groups": split(row.grupe),
    }


def _csv(rows: Iterable[Row] | Iterable[ExamRow], kind: type[Row] | type[ExamRow]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(field.name.capitalize() for field in fields(kind))
    writer.writerows(astuple(row) for row in rows)
    return text.getvalue()
