"""/me/, as the app sees it: the profile that apps/users keeps, with what its owner follows."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers

from apps.core.openapi import problems
from apps.courses.models import Enrolment
from apps.users import serializers as users
from apps.users.models import User
from apps.users.views.me import Me


class StudyGroupSerializer(serializers.ModelSerializer[Enrolment]):
    class Meta:
        model = Enrolment
        fields = ["term", "group"]


class ProfileSerializer(users.ProfileSerializer):
    study_groups = serializers.SerializerMethodField(
        help_text="The groups of a term that the user follows, oldest first; changed by way of /me/enrolments/."
    )

    class Meta(users.ProfileSerializer.Meta):
        fields = [*users.ProfileSerializer.Meta.fields, "study_groups"]

    @extend_schema_field(StudyGroupSerializer(many=True))
    def get_study_groups(self, user: User) -> Any:
        rules = Enrolment.objects.filter(user=user, term__isnull=False).order_by("created_at", "pk")
        return StudyGroupSerializer(rules, many=True).data


_SHOWN = {200: ProfileSerializer}


@extend_schema_view(
    get=extend_schema(responses={**_SHOWN, 304: None, **problems(401)}),
    patch=extend_schema(request=ProfileSerializer, responses={**_SHOWN, **problems(400, 401, 415)}),
)
class Profile(Me):
    serializer_class = ProfileSerializer
