"""GET /me/next/."""

from django.http import HttpResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.core.openapi import problems
from apps.courses import upcoming
from apps.courses.render import to_text
from apps.courses.schema import UpcomingSchema
from apps.users.authentication import user_of


@method_decorator(cache_control(private=True, no_cache=True), name="dispatch")
class MyNext(APIView):
    @extend_schema(operation_id="my_next", responses={200: UpcomingSchema, **problems(400, 401)})
    def get(self, request: Request) -> HttpResponse:
        """The next meeting within two weeks that is not cancelled, and the next exam, of what the user follows."""
        if unknown := sorted(request.query_params):
            raise ValidationError({name: ["There are no parameters here."] for name in unknown})
        found = upcoming.read(user_of(request).pk, timezone.now())
        return HttpResponse(to_text(found), content_type="application/json")
