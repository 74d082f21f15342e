"""Enrolments: whom a change concerns, as rules that outlive the entries they speak of."""

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.core.errors import Problem
from apps.courses.models import Enrolment, Entry

MAX_ENROLMENTS = 200


class TooManyEnrolments(Problem):
    status = 409
    slug = "too_many_enrolments"
    title = f"Nobody follows more than {MAX_ENROLMENTS} courses and groups."


def enrol(
    *, user_id: UUID, course_id: UUID | None = None, term_id: UUID | None = None, group: str = ""
) -> tuple[Enrolment, bool]:
    """Follow a course, one group of it, or a whole group of a term; (the enrolment, whether it is new)."""
    if Enrolment.objects.filter(user=user_id).count() >= MAX_ENROLMENTS:
        raise TooManyEnrolments
    rule: dict[str, Any] = {"course_id": course_id, "term_id": term_id, "group": group}
    return Enrolment.objects.get_or_create(user_id=user_id, **rule)


def concerned_entries(user_id: UUID) -> QuerySet[Entry]:
    """The entries a user's enrolments are about: with a group, those that name it or name none; without, all."""
    rules = Enrolment.objects.filter(user=user_id)
    concerned = Q(pk__in=[])
    for rule in rules:
        named = Q(groups__contains=[rule.group]) | Q(groups=[]) if rule.group else Q()
        in_term = Q(course__term=rule.term_id, course__groups__contains=[rule.group])
        concerned |= (Q(course=rule.course_id) if rule.course_id else in_term) & named
    return Entry.objects.filter(concerned)
