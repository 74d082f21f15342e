"""GET /exams/ and /me/exams/."""

from django.http import HttpResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.core.cached_response import cached_response
from apps.core.copies import Rendered
from apps.core.openapi import problems
from apps.core.paging import MAX_PAGE_SIZE, Page
from apps.courses import exams
from apps.courses.cache import LIST_LIFETIME, catalogue_revision
from apps.courses.enrolments import rules_of
from apps.courses.filters import ExamFilters, filtered
from apps.courses.models import Exam
from apps.courses.render import page_of
from apps.courses.schema import EXAM_PARAMETERS, PAGING_PARAMETERS, ListedExamPageSchema
from apps.courses.views.access import CatalogueView
from apps.users.authentication import user_of


class ExamList(CatalogueView):
    @extend_schema(
        operation_id="exams_list",
        parameters=EXAM_PARAMETERS,
        responses={200: ListedExamPageSchema, **problems(400, 404)},
    )
    def get(self, request: Request) -> HttpResponse:
        """Exams with all their sittings, by the first sitting ahead; those that are over come after."""
        page = Page.parse(request, size=MAX_PAGE_SIZE)
        asked_at = exams.asked_at(page)
        days = exams.Days.parse(request.query_params)
        found = filtered(ExamFilters, Exam.objects.all(), request.query_params, beside=("from", "to"))
        group = request.query_params.get("group")

        def wanted(sitting: exams.Sitting) -> bool:
            return days.meets(sitting) and (not group or sitting.is_for(group))

        def render() -> Rendered:
            sought = wanted if group or days.limited else None
            revision, listed = exams.read(found, sought, asked_at)
            until = None if page.position else listed.until
            return Rendered(page_of(page, listed.items, listed.places), revision, expires_at=until)

        return cached_response(
            request,
            key=f"exams?{page.query}",
            lifetime=LIST_LIFETIME,
            render=render,
            revision=catalogue_revision,
        )


@method_decorator(cache_control(private=True, no_cache=True), name="dispatch")
class MyExams(APIView):
    @extend_schema(
        operation_id="my_exams",
        parameters=PAGING_PARAMETERS,
        responses={200: ListedExamPageSchema, **problems(400, 401, 404)},
    )
    def get(self, request: Request) -> HttpResponse:
        """The exams of what the user follows, each until its last sitting that concerns the user has ended."""
        page = Page.parse(request, known=(), size=MAX_PAGE_SIZE)
        listed = exams.read_mine(rules_of(user_of(request).pk), timezone.now())
        body = page_of(page, listed.items, listed.places)
        return HttpResponse(body, content_type="application/json")
