"""Catalogue rows and ledger rows as the write path leaves them."""

import itertools
import uuid
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from apps.courses.models import Change, ChangeSet, Course, Enrolment, Entry, Exam, Revision, Term
from apps.courses.signals import change_sets_recorded
from apps.users.models import User

_numbers = itertools.count(1)


def days_ahead(*counts: int) -> list[date]:
    """Dates so many days after today."""
    return [timezone.now().date() + timedelta(days=count) for count in counts]


def make_user(name: str, **fields: Any) -> User:
    return User.objects.create(email=f"{name}@campanile.test", first_name=name.title(), **fields)


def make_term(**fields: Any) -> Term:
    number = next(_numbers)
    facts = {"external_id": f"term-{number}", "name": "Winter", "source": "test", "time_zone": "UTC"}
    return Term.objects.create(id=uuid.uuid4(), **{**facts, **fields})


def make_course(title: str = "Algorithms", **fields: Any) -> Course:
    number = next(_numbers)
    facts = {"external_id": f"course-{number}", "code": f"C{number}", "source": "test"}
    term = fields.pop("term", None) or make_term()
    return Course.objects.create(id=uuid.uuid4(), title=title, term=term, **{**facts, **fields})


def make_entry(course: Course, **fields: Any) -> Entry:
    number = next(_numbers)
    facts: dict[str, Any] = {
        "external_id": f"entry-{number}",
        "position": number,
        "kind": "lecture",
        "weekday": 2,
        "starts_at": "11:15",
        "ends_at": "13:00",
        "rooms": ["Raf20"],
    }
    entry = Entry.objects.create(id=uuid.uuid4(), course=course, **{**facts, **fields})
    course.groups = sorted({*course.groups, *entry.groups})
    course.save(update_fields=["groups"])
    entry.refresh_from_db()
    return entry


def make_exam(course: Course, **fields: Any) -> Exam:
    number = next(_numbers)
    facts = {"external_id": f"exam-{number}", "position": number, "kind": "written"}
    return Exam.objects.create(id=uuid.uuid4(), course=course, **{**facts, **fields})


def follow(user: User, course: Course, group: str = "") -> Enrolment:
    return Enrolment.objects.create(user=user, course=course, group=group)


def follow_group(user: User, term: Term, group: str) -> Enrolment:
    return Enrolment.objects.create(user=user, term=term, group=group)


def change(
    thing: Term | Course | Entry | Exam, field: str, old: Any, new: Any, *, dates: Iterable[date]
) -> Change:
    """A ledger row, not saved; `record` saves it in a change set."""
    facts: dict[str, Any]
    match thing:
        case Term():
            facts = {"kind": Change.Kind.TERM, "term": thing}
        case Course():
            facts = {"kind": Change.Kind.COURSE, "course": thing}
        case Entry():
            facts = {"kind": Change.Kind.ENTRY, "course": thing.course}
        case Exam():
            facts = {"kind": Change.Kind.EXAM, "course": thing.course}
    return Change(object_id=thing.pk, field=field, old=old, new=new, dates=list(dates), **facts)


def record(*changes: Change, silenced: bool = False) -> ChangeSet:
    """One change set with these rows, announced."""
    Revision.objects.get_or_create(id=1)
    revision = Revision.objects.get().n + 1
    Revision.objects.update(n=revision)
    change_set = ChangeSet.objects.create(revision=revision, source="test", silenced=silenced)
    for each in changes:
        each.change_set = change_set
    Change.objects.bulk_create(changes)
    change_sets_recorded.send(sender=ChangeSet, change_sets=[change_set])
    return change_set
