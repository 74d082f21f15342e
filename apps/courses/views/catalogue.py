"""GET /courses/, /courses/{id}/, /courses/{id}/changes/, /terms/, /terms/{id}/."""

from collections.abc import Callable, Iterable
from uuid import UUID

from django.http import Http404, HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from apps.core.cached_response import cached_response
from apps.core.copies import Rendered
from apps.core.openapi import problems
from apps.core.paging import Page
from apps.courses import history, reading, terms
from apps.courses.cache import DOCUMENT_LIFETIME, LIST_LIFETIME, catalogue_revision
from apps.courses.filters import PAGING, CourseFilters, filtered
from apps.courses.listing import parts_of_list
from apps.courses.models import Course
from apps.courses.schema import (
    COURSE_PARAMETERS,
    CURSOR_PARAMETERS,
    ChangePageSchema,
    CoursePageSchema,
    CourseSchema,
    TermPageSchema,
    TermSchema,
)
from apps.courses.views.access import CatalogueView

_COURSE = reading.PreparedDocument(Course.objects.visible())
_COURSES = reading.Questions("code")
# Indexes find what these ask for if it is rare, and are no help if it is not: a plan for all would be wrong for many.
_UNLIKE = frozenset({"search", "group", "teacher"})
# But a search of all courses goes by the words of their short rows, whatever it finds: to plan it anew was a quarter of one that finds few.
_SEARCH_OF_ALL = frozenset({"search", *PAGING})


class CourseList(CatalogueView):
    @extend_schema(
        operation_id="courses_list",
        parameters=COURSE_PARAMETERS,
        responses={200: CoursePageSchema, **problems(400, 404)},
    )
    def get(self, request: Request) -> HttpResponse:
        """Courses with their entries and exams, a page at a time."""
        page = Page.parse(request)
        asked = request.query_params
        names = frozenset(asked)
        courses = _COURSES.of(
            page,
            lambda: filtered(CourseFilters, Course.objects.visible(), asked),
            alike=_UNLIKE.isdisjoint(names) or names <= _SEARCH_OF_ALL,
        )
        return _cached(request, f"courses?{page.query}", LIST_LIFETIME, lambda: _page(courses, page, names))


class CourseDetail(CatalogueView):
    @extend_schema(operation_id="courses_retrieve", responses={200: CourseSchema, **problems(404)})
    def get(self, request: Request, id: UUID) -> HttpResponse:
        """One course. A deleted one is 404."""
        return _cached(request, f"courses/{id}", DOCUMENT_LIFETIME, lambda: _one(id))


class CourseChanges(CatalogueView):
    @extend_schema(
        operation_id="courses_changes",
        parameters=CURSOR_PARAMETERS,
        responses={200: ChangePageSchema, **problems(400, 404)},
    )
    def get(self, request: Request, id: UUID) -> HttpResponse:
        """What changed in a course, newest first, with old and new values."""
        page = Page.parse(request, known=(), numbered=False)
        key = f"courses/{id}/changes?{page.query}"
        return _cached(request, key, LIST_LIFETIME, lambda: history.read(id, page))


class TermList(CatalogueView):
    @extend_schema(operation_id="terms_list", responses={200: TermPageSchema, **problems(400, 404)})
    def get(self, request: Request) -> HttpResponse:
        """Terms with their periods, and the week number of today."""
        page = Page.parse(request, known=())
        return _cached(request, f"terms?{page.query}", LIST_LIFETIME, lambda: terms.page(page))


class TermDetail(CatalogueView):
    @extend_schema(operation_id="terms_retrieve", responses={200: TermSchema, **problems(404)})
    def get(self, request: Request, id: UUID) -> HttpResponse:
        return _cached(request, f"terms/{id}", DOCUMENT_LIFETIME, lambda: terms.one(id))


def _cached(request: Request, key: str, lifetime: int, render: Callable[[], Rendered]) -> HttpResponse:
    """`render` holds the question alone, so it may be asked again."""
    return cached_response(
        request, key=key, lifetime=lifetime, render=render, revision=catalogue_revision, renewable=True
    )


def _page(courses: reading.Question, page: Page, asked: Iterable[str]) -> Rendered:
    found = reading.documents(page, courses)
    body = page.envelope(found.results, found.window, count=found.count)
    return Rendered(body, found.revision, parts=parts_of_list(found.ids, asked))


def _one(id: UUID) -> Rendered:
    revision, document = _COURSE.read(id)
    if not document:
        raise Http404
    return Rendered(document, revision, parts=(str(id),))
