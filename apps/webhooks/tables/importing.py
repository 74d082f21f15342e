"""A faculty without a course service: its files become the deliveries that a course service would have posted."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from apps.core.tables.faults import Fault, Refused
from apps.core.tables.reading import Rows, read
from apps.courses.models import Course, Term
from apps.courses.models.sourced import Json, term_id
from apps.courses.payloads import TERM
from apps.courses.shapes import Faulty
from apps.webhooks.own_deliveries import snapshot_events, term_event
from apps.webhooks.tables.columns import EXAMS, TIMETABLE
from apps.webhooks.tables.documents import course_documents

SLUG = re.compile(r"[a-z0-9-]{1,64}")


class NotForFiles(Exception):
    """The source is a course service's own, or no slug."""


@dataclass(frozen=True, slots=True)
class Import:
    """`new_term` is sent first, when there is one. `unread` names the columns that were left alone, table by table."""

    source: str
    term: str
    new_term: Json | None
    courses: list[Json]
    unread: list[str]

    def events(self, at: datetime) -> list[Json]:
        about_term = [term_event(self.new_term, at)] if self.new_term else []
        return [*about_term, *snapshot_events(self.term, self.courses, at)]


def check_source(source: str) -> None:
    """A course service's source is its own: a file would remove what it leaves out, and the next webhook put it back. Raises NotForFiles."""
    if not SLUG.fullmatch(source):
        raise NotForFiles("A source is a slug: a-z, 0-9 and -, at most 64 characters.")
    if source in settings.WEBHOOK_SECRETS:
        raise NotForFiles(f"{source} belongs to a course service, which posts its own timetable.")


def prepare(
    *, source: str, term: str, new_term: Json | None = None, timetable: bytes | None, exams: bytes | None
) -> Import:
    """Reads everything and changes nothing. `new_term` is a term document, needed when the source has no such term yet. Raises Refused."""
    tables: list[Rows | None] = []
    faults: list[Fault] = []
    for table, raw in ((TIMETABLE, timetable), (EXAMS, exams)):
        try:
            tables.append(None if raw is None else read(table, raw))
        except Refused as refused:
            tables.append(None)
            faults += refused.faults
    document: Json | None = None
    try:
        document = _term(source, term, new_term)
    except Refused as refused:
        faults += refused.faults
    if not faults and timetable is None and exams is None:
        faults.append(Fault("", 0, "", "there is no table"))
    if faults or document is None:
        raise Refused([*faults, *(fault for rows in tables if rows for fault in rows.faults)])
    courses = course_documents(
        term=document, stored=_stored(source, term), timetable=tables[0], exams=tables[1]
    )
    unread = [f"{rows.table.name}: {header}" for rows in tables if rows for header in rows.unread]
    return Import(source, term, document if new_term else None, courses, unread)


def _term(source: str, term: str, new_term: Json | None) -> Json:
    """Exams need its time zone, dates without a year need its dates."""
    if new_term is None:
        stored = Term.objects.filter(pk=term_id(source, term), guard__isnull=False).first()
        if stored is None or stored.source_document is None:
            raise Refused(
                [
                    Fault(
                        "term",
                        0,
                        "",
                        f"{source} has no term {term!r} yet: give its name, first and last day and time zone",
                    )
                ]
            )
        known: Json = stored.source_document
        return known
    try:
        return TERM.read({**new_term, "id": term})
    except Faulty as error:
        raise Refused(
            [Fault("term", 0, ".".join(map(str, place)), detail) for place, detail in error.faults]
        ) from error


def _stored(source: str, term: str) -> list[Json]:
    """What the source says, without what staff have set over it."""
    courses = (
        Course.objects.visible().filter(source=source, term=term_id(source, term)).order_by("code", "id")
    )
    return [document for document in courses.values_list("source_document", flat=True) if document]
