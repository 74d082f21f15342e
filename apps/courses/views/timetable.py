"""GET /schedule/ and /me/schedule/."""

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.core.cached_response import cached_response
from apps.core.copies import Rendered
from apps.core.openapi import problems
from apps.core.paging import MAX_PAGE_SIZE, Page
from apps.courses import schedule
from apps.courses.cache import LIST_LIFETIME, catalogue_revision
from apps.courses.filters import ScheduleFilters, filtered
from apps.courses.models import Entry
from apps.courses.personal import PersonalSchedule
from apps.courses.render import inside, page_of
from apps.courses.schema import (
    PAGING_PARAMETERS,
    RANGE_PARAMETERS,
    SCHEDULE_PARAMETERS,
    OccurrencePageSchema,
    PersonalOccurrencePageSchema,
)
from apps.courses.timetable import Occurrence
from apps.courses.views.access import CatalogueView
from apps.users.authentication import user_of

_RANGE = ("from", "to")


class Schedule(CatalogueView):
    @extend_schema(
        parameters=SCHEDULE_PARAMETERS, responses={200: OccurrencePageSchema, **problems(400, 404)}
    )
    def get(self, request: Request) -> HttpResponse:
        """Occurrences within a range of dates, cancelled and moved ones with their original values."""
        page = Page.parse(request, size=MAX_PAGE_SIZE)
        days = schedule.DateRange.parse(request.query_params)
        entries = filtered(ScheduleFilters, Entry.objects.all(), request.query_params, beside=_RANGE)
        room, teacher = request.query_params.get("room"), request.query_params.get("teacher")

        def wanted(meeting: Occurrence) -> bool:
            places = [meeting, *([meeting.original] if meeting.original else [])]
            return (not room or any(room in place.rooms for place in places)) and (
                not teacher or any(teacher in place.teachers for place in places)
            )

        def render() -> Rendered:
            revision, items = schedule.read(entries, days, wanted)
            return Rendered(page_of(page, items, map(schedule.place, items)), revision)

        key = f"schedule?{page.query}"
        return cached_response(
            request, key=key, lifetime=LIST_LIFETIME, render=render, revision=catalogue_revision
        )


class MySchedule(APIView):
    @extend_schema(
        parameters=[*PAGING_PARAMETERS, *RANGE_PARAMETERS],
        responses={200: PersonalOccurrencePageSchema, **problems(400, 401, 404)},
    )
    def get(self, request: Request) -> HttpResponse:
        """The occurrences of what the user follows, each with the entries it clashes with and the parallel groups that fit instead."""
        page = Page.parse(request, known=_RANGE, size=MAX_PAGE_SIZE)
        mine = PersonalSchedule(user_of(request).pk, schedule.DateRange.parse(request.query_params))
        shown, window = page.cut(mine.shown, (slot.place for slot in mine.shown))
        items = inside(mine.items(shown))
        return HttpResponse(
            page.envelope(items, window, count=len(mine.shown)), content_type="application/json"
        )
