"""Enrolments: whom a change concerns, as rules that outlive the entries they speak of."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from apps.core.errors import Problem
from apps.courses.models import Enrolment, Entry, Exam, HiddenEntry

MAX_ENROLMENTS = 200


class TooManyEnrolments(Problem):
    status = 409
    slug = "too_many_enrolments"
    title = f"Nobody follows more than {MAX_ENROLMENTS} courses and groups."


def enrol(
    *, user_id: UUID, course_id: UUID | None = None, term_id: UUID | None = None, group: str = ""
) -> tuple[Enrolment, bool]:
    """Follow a course, one group of it, or a whole group of a term; (the enrolment, whether it is new). Raises TooManyEnrolments."""
    rules = rules_of(user_id)
    for rule in rules:
        if (rule.course_id, rule.term_id, rule.group) == (course_id, term_id, group):
            return rule, False
    if len(rules) >= MAX_ENROLMENTS:
        raise TooManyEnrolments
    new: dict[str, Any] = {"user_id": user_id, "course_id": course_id, "term_id": term_id, "group": group}
    try:
        with transaction.atomic():
            return Enrolment.objects.create(**new), True
    except IntegrityError:  # the same request, sent twice at once
        return Enrolment.objects.get(**new), False


def concerned_entries(user_id: UUID) -> tuple[QuerySet[Entry], QuerySet[Entry]]:
    """entries_of(rules_of(user_id)) but for those the user hides, within one statement: what rules about courses find, and those about groups.

    Two rules may find the same. To have PostgreSQL find out which, and then fetch each entry by its id, was a fifth of reading them.
    """
    followed = Entry.objects.filter(
        _names("course__enrolments") | Q(course__enrolments__group=""), course__enrolments__user=user_id
    )
    of_term = Entry.objects.filter(
        _names("course__term__enrolments"),
        course__groups__contains=[F("course__term__enrolments__group")],
        course__term__enrolments__user=user_id,
        course__term__enrolments__term__isnull=False,  # or else PostgreSQL looks for the groups of rules about courses, too
    )
    return not_hidden(followed, user_id), not_hidden(of_term, user_id)


def _names(rule: str) -> Q:
    """Of an entry: that it names the rule's group or none."""
    return Q(groups__contains=[F(f"{rule}__group")]) | Q(groups=[])


def rules_of(user_id: UUID) -> list[Enrolment]:
    return list(Enrolment.objects.filter(user=user_id))


def not_hidden(entries: QuerySet[Entry], user_id: UUID) -> QuerySet[Entry]:
    return entries.exclude(Exists(HiddenEntry.objects.filter(user=user_id, entry=OuterRef("pk"))))


def entries_of(rules: Iterable[Enrolment]) -> QuerySet[Entry]:
    """The entries these rules are about: with a group, those that name it or name none; without, all.

    One condition for all courses followed in the same group, since putting conditions together is what takes Django time.
    """
    courses: dict[str, list[UUID]] = defaultdict(list)
    concerned = Q(pk__in=[])
    for rule in rules:
        if rule.course_id:
            courses[rule.group].append(rule.course_id)
        else:
            concerned |= _of_course(rule) & _named(rule.group)
    for group, followed in courses.items():
        concerned |= Q(course__in=followed) & (_named(group) if group else Q())
    return Entry.objects.filter(concerned)


def _named(group: str) -> Q:
    return Q(groups__contains=[group]) | Q(groups=[])


def exams_of(rules: Iterable[Enrolment]) -> QuerySet[Exam]:
    """The exams with a sitting these rules may be about; which one it is, `attends` tells."""
    concerned = Q(pk__in=[])
    for rule in rules:
        named = Q(sittings__contains=[{"groups": [rule.group]}], course__term=rule.term_id)
        concerned |= _of_course(rule) | (named if rule.term_id else Q(pk__in=[]))
    return Exam.objects.filter(concerned)


def attends(
    rule: Enrolment, *, course: UUID, term: UUID, course_groups: Collection[str], groups: Collection[str]
) -> bool:
    """Whether the rule is about a sitting for `groups`, of an exam of the course, whose entries name `course_groups`."""
    if rule.course_id:
        return rule.course_id == course and (not rule.group or not groups or rule.group in groups)
    return rule.term_id == term and rule.group in (groups or course_groups)


def _of_course(rule: Enrolment) -> Q:
    in_term = Q(course__term=rule.term_id, course__groups__contains=[rule.group])
    return Q(course=rule.course_id) if rule.course_id else in_term
