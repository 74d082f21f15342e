"""/auth/sessions/: where the user is signed in."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.openapi import problems
from apps.users.authentication import user_of
from apps.users.models import Session, User
from apps.users.serializers import ListedSessionSerializer
from apps.users.sessions import end_sessions


@extend_schema(tags=["auth"])
@extend_schema_view(
    get=extend_schema(
        operation_id="sessions",
        summary="Where the user is signed in",
        responses={200: ListedSessionSerializer(many=True), **problems(400, 401, 404)},
    )
)
@method_decorator([cache_control(private=True, no_cache=True), conditional_page], name="dispatch")
class Sessions(generics.ListAPIView[Any]):
    serializer_class = ListedSessionSerializer
    filter_backends = []

    def get_queryset(self) -> QuerySet[Session]:
        if not isinstance(self.request.user, User):  # the schema is drawn without a user
            return Session.objects.none()
        mine = Session.objects.live(timezone.now()).filter(user=self.request.user)
        return mine.order_by("-last_used_at", "pk")


@extend_schema(tags=["auth"])
class OneSession(APIView):
    @extend_schema(
        operation_id="end_session",
        summary="Sign out there",
        description="At once: its access tokens end too, and its phone rings no more. It may be the session of the request itself.",
        responses={204: None, **problems(401, 404)},
    )
    def delete(self, request: Request, id: UUID) -> Response:  # the path's word
        now = timezone.now()
        mine = Session.objects.live(now).filter(user=user_of(request), pk=id)
        with transaction.atomic():
            if not end_sessions(mine, reason=Session.Reason.SIGNED_OUT, now=now):
                raise Http404
        return Response(status=status.HTTP_204_NO_CONTENT)
