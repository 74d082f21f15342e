"""Files as faculties make them, and their way into the catalogue."""

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from apps.core.tables.faults import Refused
from apps.webhooks.own_deliveries import deliver
from apps.webhooks.processing import apply_pending
from apps.webhooks.tables.importing import prepare
from tests.factories.documents import term

Json = dict[str, Any]
SOURCE = "raf"
# The columns of a real faculty's list, as its secretary exports it.
HEADER = '"Predmet","Tip","Nastavnik","Grupe","Dan","Termin","Učionica"'
ROWS = (
    '"Algoritmi","Predavanja","Jeremić Jelena","101, 102","PON","09:15-12","Raf20"',
    '"Algoritmi","Vežbe","Ćurčin Viktor","101","  PET  ","12:15-14","U7"',
    '"Algoritmi","Laboratorijske vezbe","Ćurčin Viktor","102","ČET","16:15-18:00","Raf10, Raf11"',
    '"Линеарна алгебра","Предавања","Ђурђевић Радован","101","Уторак","12:15-14","Raf02"',
)
EXAM_HEADER = "Predmet;Rok;Datum;Vreme;Učionice;Grupe"
EXAM_ROWS = (
    "Algoritmi;Januarski;20.01.;09-12;Raf01, Raf02;101",
    "Algoritmi;Januarski;21.1.2027.;09:00-12:00;Raf01;102",
    "Линеарна алгебра;Januarski;2027-01-25;13-16;Raf06;",
)


def file(header: str = HEADER, rows: Iterable[str] = ROWS) -> bytes:
    return "\n".join([header, *rows, ""]).encode()


def edited(old: str, new: str, header: str = HEADER, rows: Iterable[str] = ROWS) -> bytes:
    text = file(header, rows).decode()
    assert old in text
    return text.replace(old, new).encode()


def import_now(timetable: bytes | None = None, exams: bytes | None = None, *, source: str = SOURCE) -> None:
    """With the term of the tests' documents, and applied as the worker would."""
    prepared = prepare(source=source, term="autumn", new_term=term(), timetable=timetable, exams=exams)
    deliver(source, prepared.events(timezone.now()), silenced=False)
    while apply_pending():
        pass


def documents(timetable: bytes | None = None, exams: bytes | None = None) -> list[Json]:
    """Needs the database only for what is stored."""
    return prepare(source=SOURCE, term="autumn", new_term=term(), timetable=timetable, exams=exams).courses


def faults(timetable: bytes | None = None, exams: bytes | None = None) -> list[str]:
    try:
        documents(timetable, exams)
    except Refused as refused:
        return [str(fault) for fault in refused.faults]
    return []


def timetable_of(courses: Iterable[Json], *, delimiter: str = ",") -> bytes:
    """Course documents written as a table with every column, ids left out."""
    course_columns = [
        "code",
        "title",
        "department",
        "level",
        "year",
        "language",
        "credits",
        "url",
        "description",
    ]
    entry_columns = [
        "kind",
        "teachers",
        "groups",
        "weekday",
        "starts_at",
        "ends_at",
        "rooms",
        "weeks",
        "valid_from",
        "valid_until",
        "online_url",
    ]
    rows = [
        [
            *(_cell(course.get(name)) for name in course_columns),
            *(_cell(entry.get(name)) for name in entry_columns),
        ]
        for course in courses
        for entry in course["entries"]
    ]
    return _written([*course_columns, *entry_columns], rows, delimiter)


def exams_of(courses: Iterable[Json], *, zone: str = "Europe/Belgrade", delimiter: str = ",") -> bytes:
    columns = ["code", "title", "kind", "period", "date", "time", "rooms", "groups", "note"]
    rows = []
    for course in courses:
        for exam in course["exams"]:
            for sitting in exam["sittings"]:
                starts_at, ends_at = (
                    datetime.fromisoformat(sitting[name]).astimezone(ZoneInfo(zone))
                    for name in ("starts_at", "ends_at")
                )
                rows.append(
                    [
                        course["code"],
                        course["title"],
                        exam["kind"],
                        exam.get("period", ""),
                        f"{starts_at:%d.%m.%Y.}",
                        f"{starts_at:%H:%M}-{ends_at:%H:%M}",
                        _cell(sitting.get("rooms")),
                        _cell(sitting.get("groups")),
                        exam.get("note", ""),
                    ]
                )
    return _written(columns, rows, delimiter)


def _cell(value: Any) -> str:
    if isinstance(value, list):
        # A name with a comma in it is safe among semicolons.
        return "; ".join(map(str, value)) + (";" if len(value) == 1 and "," in str(value[0]) else "")
    return "" if value is None else str(value)


def _written(columns: list[str], rows: list[list[str]], delimiter: str) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def now() -> datetime:
    return datetime.now(UTC)
