"""The source's documents, and what it says of them, through the real write functions."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.courses import sync
from apps.courses.course_writes import CourseVersion
from apps.courses.ledger import Origin, Outcome
from apps.courses.models import Course
from apps.courses.models.sourced import course_id
from apps.courses.payloads import COURSE, SNAPSHOT, TERM

SOURCE = "course-service"
START = datetime(2026, 9, 1, tzinfo=UTC)


def at(minute: float) -> datetime:
    """The source's clock."""
    return START + timedelta(minutes=minute)


def term(id: str = "autumn", **fields: Any) -> dict[str, Any]:
    """Teaching from Monday 28 September 2026 to 15 January 2027, in Belgrade."""
    return {
        "id": id,
        "name": "Autumn 2026",
        "starts_on": "2026-09-28",
        "ends_on": "2027-02-14",
        "time_zone": "Europe/Belgrade",
        "periods": [
            {"kind": "teaching", "name": "Teaching", "starts_on": "2026-09-28", "ends_on": "2027-01-15"},
            {"kind": "exams", "name": "January", "starts_on": "2027-01-18", "ends_on": "2027-02-14"},
        ],
        **fields,
    }


def entry(id: str = "lecture", **fields: Any) -> dict[str, Any]:
    """Tuesdays 11:15 to 13:00 in Raf20, for everyone."""
    times = {"weekday": 2, "starts_at": "11:15", "ends_at": "13:00"}
    return {
        "id": id,
        "kind": "lecture",
        "rooms": ["Raf20"],
        "teachers": ["Jelena Jeremić"],
        **times,
        **fields,
    }


def exam(id: str = "january", **fields: Any) -> dict[str, Any]:
    sitting = {
        "starts_at": "2027-01-20T09:00:00+01:00",
        "ends_at": "2027-01-20T12:00:00+01:00",
        "rooms": ["Raf01"],
    }
    return {"id": id, "kind": "written", "sittings": [sitting], **fields}


def course(id: str = "algorithms", **fields: Any) -> dict[str, Any]:
    return {
        "id": id,
        "term": "autumn",
        "code": "ALG",
        "title": "Algorithms",
        "entries": [entry()],
        **fields,
    }


def put_term(minute: float = 0, *, silenced: bool = False, **fields: Any) -> Outcome:
    document = TERM.read(term(**fields))
    with transaction.atomic():
        return sync.update_term(document=document, happened_at=at(minute), origin=_origin(silenced))


def put_course(minute: float = 0, *, silenced: bool = False, **fields: Any) -> Outcome:
    document = COURSE.read(course(**fields))
    return _put_version(CourseVersion.of(document, at(minute)), silenced)


def delete_course(minute: float, id: str = "algorithms") -> Outcome:
    return _put_version(CourseVersion(external_id=id, guard=at(minute)), silenced=False)


def _put_version(version: CourseVersion, silenced: bool) -> Outcome:
    with transaction.atomic():
        [outcome] = sync.apply_versions([(version, _origin(silenced))])
    return outcome


def put_snapshot(
    minute: float, *courses: dict[str, Any], id: str = "s1", page: int = 1, pages: int = 1
) -> Outcome:
    fields = {"snapshot_id": id, "term": "autumn", "page": page, "pages": pages, "courses": list(courses)}
    with transaction.atomic():
        return sync.apply_snapshot_page(
            page=SNAPSHOT.read(fields), happened_at=at(minute), origin=_origin(False)
        )


def api_id(id: str = "algorithms") -> UUID:
    return course_id(SOURCE, id)


def stored(id: str = "algorithms") -> Course:
    return Course.objects.get(pk=api_id(id))


def _origin(silenced: bool) -> Origin:
    return Origin(source=SOURCE, silenced=silenced)
