"""/me/enrolments/."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.fields import Text
from apps.core.openapi import problems
from apps.courses.enrolments import enrol
from apps.courses.models import Course, Enrolment, Term
from apps.courses.schema import EnrolmentSerializer
from apps.users.models import User


class EnrolmentRequest(serializers.Serializer[Any]):
    """Either a course, with or without a group, or a term with a group."""

    course = serializers.PrimaryKeyRelatedField(queryset=Course.objects.visible(), required=False)
    term = serializers.PrimaryKeyRelatedField(queryset=Term.objects.all(), required=False)
    group = Text(max_length=64, required=False, allow_blank=True, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("course" in attrs) == ("term" in attrs):
            raise serializers.ValidationError({"course": "Give either a course or a term."})
        if "term" in attrs and not attrs["group"]:
            raise serializers.ValidationError({"group": "A term is followed by group."})
        return attrs


@extend_schema_view(
    get=extend_schema(responses={200: EnrolmentSerializer(many=True), **problems(400, 401, 404)})
)
class MyEnrolments(generics.ListAPIView[Enrolment]):
    serializer_class = EnrolmentSerializer
    filter_backends = []

    def get_queryset(self) -> QuerySet[Enrolment]:
        if not isinstance(self.request.user, User):  # the schema is drawn without a user
            return Enrolment.objects.none()
        return Enrolment.objects.filter(user=self.request.user).order_by("created_at", "pk")

    @extend_schema(
        request=EnrolmentRequest,
        responses={200: EnrolmentSerializer, 201: EnrolmentSerializer, **problems(400, 401, 409)},
    )
    def post(self, request: Request) -> Response:
        """Follow. The same again is 200 and changes nothing."""
        body = EnrolmentRequest(data=request.data)
        body.is_valid(raise_exception=True)
        course, term = body.validated_data.get("course"), body.validated_data.get("term")
        assert isinstance(request.user, User)
        enrolment, created = enrol(
            user_id=request.user.pk,
            course_id=course and course.pk,
            term_id=term and term.pk,
            group=body.validated_data["group"],
        )
        answer = status.HTTP_201_CREATED if created else status.HTTP_200_OK
        return Response(EnrolmentSerializer(enrolment).data, status=answer)


class MyEnrolment(generics.DestroyAPIView[Enrolment]):
    serializer_class = EnrolmentSerializer
    lookup_field = "id"

    def get_queryset(self) -> QuerySet[Enrolment]:
        if not isinstance(self.request.user, User):
            return Enrolment.objects.none()
        return Enrolment.objects.filter(user=self.request.user)

    @extend_schema(responses={204: None, **problems(401, 404)})
    def delete(self, request: Request, id: UUID) -> Response:
        """Stop following."""
        return self.destroy(request)
