"""The calendars of courses, of groups and of one's own, for programs that subscribe to them."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet, TextField, Value
from django.db.models.functions import Concat
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import ValidationError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.cached_response import cached_response
from apps.core.openapi import problems
from apps.courses.cache import LIST_LIFETIME, catalogue_revision
from apps.courses.calendar import feeds
from apps.courses.calendar.rendering import render
from apps.courses.enrolments import rules_of
from apps.courses.models import CalendarFeed, Course, Enrolment
from apps.courses.schema import CALENDAR_PARAMETERS, CalendarFeedSchema
from apps.courses.views.access import CatalogueView
from apps.users.models import User

_CALENDAR = {(200, "text/calendar"): OpenApiTypes.STR}
_LONGEST_GROUP = 64


class OneForm(BaseContentNegotiation):
    """Calendar programs ask for text/calendar, for anything, or for what they were written to ask: all get the calendar."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


class CourseCalendar(CatalogueView):
    content_negotiation_class = OneForm

    @extend_schema(
        operation_id="courses_calendar",
        parameters=CALENDAR_PARAMETERS,
        responses={**_CALENDAR, **problems(400, 404)},
    )
    def get(self, request: Request, id: UUID) -> HttpResponse:
        """The course's meetings and exams as an iCalendar."""
        named = (
            Course.objects.visible()
            .filter(pk=id)
            .values(name=Concat("code", Value(" "), "title", output_field=TextField()))
        )
        return _public(request, f"courses/{id}", Enrolment(course_id=id), named)


class GroupCalendar(CatalogueView):
    content_negotiation_class = OneForm

    @extend_schema(
        operation_id="groups_calendar",
        parameters=CALENDAR_PARAMETERS,
        responses={**_CALENDAR, **problems(400, 404)},
    )
    def get(self, request: Request, term: UUID, group: str) -> HttpResponse:
        """What a group of a term has, as an iCalendar: what names the group, and what is for everyone in its courses."""
        if len(group) > _LONGEST_GROUP or "\0" in group:
            raise Http404
        has_group = Q(groups__contains=[group]) | Q(exams__sittings__contains=[{"groups": [group]}])
        named = (
            Course.objects.visible()
            .filter(has_group, term=term)
            .values(name=Concat(Value(f"{group}, "), "term__name", output_field=TextField()))
        )
        return _public(request, f"groups/{term}/{group}", Enrolment(term_id=term, group=group), named)


class PersonalCalendar(APIView):
    """The secret in the path is the key: whoever knows it reads, so it is all the authentication there is."""

    content_negotiation_class = OneForm
    permission_classes = [AllowAny]

    def get_authenticators(self) -> list[BaseAuthentication]:
        return []

    @extend_schema(
        operation_id="personal_calendar",
        auth=[],
        parameters=CALENDAR_PARAMETERS,
        responses={**_CALENDAR, **problems(400, 404)},
    )
    def get(self, request: Request, secret: str) -> HttpResponse:
        """What the owner of the feed follows, as an iCalendar. A secret that was replaced or ended is 404."""
        exams_only, now = _exams_only(request), timezone.now()
        feed = feeds.opened_by(secret)
        if feed is None:
            raise Http404
        feeds.note_fetch(feed, now=now)
        rules = rules_of(feed.user_id)
        named = CalendarFeed.objects.filter(pk=feed.pk).values(name=Value("Campanile"))
        rendered = render(rules, named=named, exams_only=exams_only, now=now, hidden_by=feed.user_id)
        return HttpResponse(
            rendered.body,
            content_type=rendered.content_type,
            headers={"Cache-Control": "private, no-cache"},
        )


class MyCalendarFeed(APIView):
    @extend_schema(responses={200: CalendarFeedSchema, **problems(401)})
    def get(self, request: Request) -> Response:
        """Whether there is a feed, since when, and when it was last fetched. Its address is not kept, so it is null here."""
        feed = CalendarFeed.objects.filter(user=_user(request)).first()
        return Response(_shown(feed))

    @extend_schema(request=None, responses={201: CalendarFeedSchema, **problems(401)})
    def post(self, request: Request) -> Response:
        """A new secret address, told this once. The address before is dead."""
        feed, secret = feeds.rotate(user_id=_user(request).pk, now=timezone.now())
        url = request.build_absolute_uri(reverse("personal-calendar", args=[secret]))
        headers = {"Cache-Control": "no-store"}
        return Response(_shown(feed, url), status=status.HTTP_201_CREATED, headers=headers)

    @extend_schema(responses={204: None, **problems(401)})
    def delete(self, request: Request) -> Response:
        """No feed, whether there was one or not."""
        feeds.end(user_id=_user(request).pk)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _public(request: Request, place: str, rule: Enrolment, named: QuerySet[Any, Any]) -> HttpResponse:
    exams_only = _exams_only(request)
    return cached_response(
        request,
        key=f"calendar {'exams' if exams_only else 'all'} {place}",
        lifetime=LIST_LIFETIME,
        render=lambda: render([rule], named=named, exams_only=exams_only, now=timezone.now()),
        revision=catalogue_revision,
    )


def _exams_only(request: Request) -> bool:
    """From `exams=only`, the one parameter there is. Raises ValidationError naming any other."""
    errors = {
        name: ["This is not a parameter of calendars."] for name in request.query_params if name != "exams"
    }
    if any(value != "only" for value in request.query_params.getlist("exams")):
        errors["exams"] = ["Give `only`, or leave it out."]
    if errors:
        raise ValidationError(errors)
    return "exams" in request.query_params


def _shown(feed: CalendarFeed | None, url: str | None = None) -> dict[str, Any]:
    return {
        "url": url,
        "created_at": feed and feed.created_at,
        "last_fetched_at": feed and feed.last_fetched_at,
    }


def _user(request: Request) -> User:
    assert isinstance(request.user, User)
    return request.user
