# django-stubs knows the models of our settings alone, and these are installed by others.
# mypy: disable-error-code="attr-defined, union-attr, arg-type"

from datetime import UTC, date, datetime

from rest_framework import viewsets
from rest_framework.authentication import BaseAuthentication
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.authentication import JWTAuthentication

from tests.benchmarks.peers.naive.models import Course, Delivery
from tests.benchmarks.peers.naive.serializers import CourseSerializer, OccurrenceSerializer
from tests.benchmarks.peers.naive.timetable import meetings, with_clashes


class CourseViewSet(viewsets.ModelViewSet[Course]):
    queryset = Course.objects.prefetch_related("entries", "exams").order_by("code")
    serializer_class = CourseSerializer
    permission_classes = [AllowAny]
    authentication_classes: list[type[BaseAuthentication]] = []
    filterset_fields = ["external_id", "term", "department", "level", "year", "language"]


class MySchedule(APIView):
    authentication_classes = [JWTAuthentication]
    permission_classes = [IsAuthenticated]

    def get(self, request: Request) -> Response:
        first, last = (date.fromisoformat(request.query_params[name]) for name in ("from", "to"))
        enrolments = request.user.enrolments.select_related("course__term").prefetch_related(
            "course__entries"
        )
        found = [
            meeting
            for enrolment in enrolments
            for entry in enrolment.course.entries.all()
            if not enrolment.group or not entry.groups or enrolment.group in entry.groups
            for meeting in meetings(enrolment.course, entry, first, last)
        ]
        pages = PageNumberPagination()
        shown = pages.paginate_queryset(with_clashes(found), request)
        return pages.get_paginated_response(OccurrenceSerializer(shown, many=True).data)


class Receiver(APIView):
    """Stores what comes, unverified."""

    permission_classes = [AllowAny]
    authentication_classes: list[type[BaseAuthentication]] = []

    def post(self, request: Request, source: str) -> Response:
        delivery = Delivery.objects.create(
            source=source,
            webhook_id=request.headers["webhook-id"],
            sent_at=datetime.fromtimestamp(int(request.headers["webhook-timestamp"]), UTC),
            body=request.data,
        )
        return Response({"status": "accepted", "delivery": str(delivery.public_id)}, status=202)
