"""The query parameters of the catalogue. A parameter we do not know is refused: a filter that is ignored answers another question."""

from collections import OrderedDict
from collections.abc import Container
from typing import Any

import django_filters.rest_framework as filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from rest_framework.exceptions import ValidationError

from apps.courses.models import Course, Entry, Exam
from apps.courses.ranking import matching

MAX_LENGTH = 200
PAGING = {"page", "cursor", "page_size"}


class Text(filters.CharFilter):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_LENGTH, **kwargs)


def filtered(
    filterset_class: type["Filters"],
    queryset: QuerySet[Any],
    params: QueryDict,
    *,
    beside: Container[str] = (),
) -> Any:
    """The queryset narrowed by the parameters. Raises ValidationError naming each wrong or unknown one; `beside` are read elsewhere."""
    filterset = filterset_class(params, queryset)
    errors: dict[str, Any] = {} if filterset.is_valid() else dict(filterset.errors)
    for name in params:
        if name not in filterset_class.base_filters and name not in PAGING and name not in beside:
            errors[name] = ["This is not a parameter of this list."]
    if errors:
        raise ValidationError(errors)
    return filterset.qs


class Filters(filters.FilterSet):
    """Of those declared, the ones that are asked for: each is copied for a request and made into a field of a form."""

    def __init__(self, data: QueryDict, queryset: QuerySet[Any]) -> None:
        self.base_filters = OrderedDict(
            (name, each) for name, each in self.base_filters.items() if name in data
        )
        super().__init__(data, queryset)


class Whole(filters.NumberFilter):
    """Of 32 bits, as the column: Django makes no statement at all of a number that could not be there."""

    field_class = forms.IntegerField  # type: ignore[assignment]  # the stubs allow only what the base class has

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=-(2**31), max_value=2**31 - 1, **kwargs)


class CourseFilters(Filters):
    external_id = Text()
    term = filters.UUIDFilter(field_name="term_id")
    department = Text()
    level = Text()
    year = Whole()
    language = Text()
    teacher = Text(method="by_teacher", help_text="The whole name, of the course or of one of its entries.")
    group = Text(method="by_group", help_text="A group named by one of its entries.")
    search = Text(
        method="by_search",
        help_text="Beginnings of words, whatever their accents, case and script: cet finds četiri and чет.",
    )
    ordering = filters.OrderingFilter(fields=["code", "title", "year"])

    class Meta:
        model = Course
        fields: list[str] = []

    def by_teacher(self, courses: QuerySet[Course], _: str, value: str) -> QuerySet[Course]:
        entries = Entry.objects.filter(course=OuterRef("pk"), teachers__contains=[value])
        return courses.filter(Q(teachers__contains=[value]) | Exists(entries))

    def by_group(self, courses: QuerySet[Course], _: str, value: str) -> QuerySet[Course]:
        return courses.filter(groups__contains=[value])

    def by_search(self, courses: QuerySet[Course], _: str, value: str) -> QuerySet[Course]:
        return matching(courses, value, of_all=self.base_filters.keys() == {"search"})


class ScheduleFilters(Filters):
    """Dates are inclusive, in the term's zone. Teacher and room match where a meeting was to be, or is."""

    course = filters.UUIDFilter(field_name="course_id")
    group = Text(
        method="by_group", help_text="Entries that name the group, and those for everyone in its courses."
    )
    teacher = Text(method="by_teacher")
    room = Text(method="by_room")

    class Meta:
        model = Entry
        fields: list[str] = []

    def by_group(self, entries: QuerySet[Entry], _: str, value: str) -> QuerySet[Entry]:
        return entries.filter(Q(groups__contains=[value]) | Q(groups=[], course__groups__contains=[value]))

    def by_teacher(self, entries: QuerySet[Entry], _: str, value: str) -> QuerySet[Entry]:
        return entries.filter(Q(teachers__contains=[value]) | ~Q(exceptions=[]))

    def by_room(self, entries: QuerySet[Entry], _: str, value: str) -> QuerySet[Entry]:
        return entries.filter(Q(rooms__contains=[value]) | ~Q(exceptions=[]))


class ExamFilters(Filters):
    """`group` leaves what may hold a sitting of the group; which sittings are its own is for exams.py to tell."""

    course = filters.UUIDFilter(field_name="course_id")
    period = Text()
    group = Text(method="by_group")

    class Meta:
        model = Exam
        fields: list[str] = []

    def by_group(self, exams: QuerySet[Exam], _: str, value: str) -> QuerySet[Exam]:
        named = Q(sittings__contains=[{"groups": [value]}])
        return exams.filter(named | Q(course__groups__contains=[value]) | Q(course__groups=[]))
