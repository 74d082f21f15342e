"""/me/notifications/: the inbox of the app."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.openapi import problems
from apps.core.pagination import FeedPagination
from apps.notifications.models import Notification
from apps.notifications.serializers import NotificationSerializer, SummarySerializer, UnreadQuerySerializer
from apps.users.authentication import user_of
from apps.users.models import User


@extend_schema(tags=["me"])
@extend_schema_view(
    get=extend_schema(
        operation_id="my_notifications",
        summary="What the user was told, newest first",
        parameters=[UnreadQuerySerializer],
        responses={200: NotificationSerializer(many=True), **problems(400, 401, 404)},
    )
)
@method_decorator([cache_control(private=True, no_cache=True), conditional_page], name="dispatch")
class MyNotifications(generics.ListAPIView[Notification]):
    serializer_class = NotificationSerializer
    pagination_class = FeedPagination
    filter_backends = []
    parameters = ("unread",)

    def get_queryset(self) -> QuerySet[Notification]:
        if not isinstance(self.request.user, User):  # the schema is drawn without a user
            return Notification.objects.none()
        query = UnreadQuerySerializer(data=self.request.query_params.dict())
        query.is_valid(raise_exception=True)
        # All that one change set or announcement makes is made at one moment.
        mine = Notification.objects.filter(user=self.request.user).order_by("-created_at", "-id")
        mine = mine.select_related("announcement")
        unread = query.validated_data.get("unread")
        return mine if unread is None else mine.filter(read_at__isnull=unread)

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "language": getattr(self.request.user, "language", None)}


@extend_schema(tags=["me"])
class ReadNotification(APIView):
    @extend_schema(
        operation_id="read_notification",
        summary="Mark one as read",
        request=None,
        responses={204: None, **problems(401, 404)},
    )
    def post(self, request: Request, id: UUID) -> Response:  # the path's word
        mine = Notification.objects.filter(user=user_of(request), pk=id)
        generics.get_object_or_404(mine)
        mine.mark_read()
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(tags=["me"])
class ReadAllNotifications(APIView):
    @extend_schema(
        operation_id="read_all_notifications",
        summary="Mark all as read",
        request=None,
        responses={204: None, **problems(401)},
    )
    def post(self, request: Request) -> Response:
        Notification.objects.filter(user=user_of(request)).mark_read()
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(tags=["me"])
@method_decorator([cache_control(private=True, no_cache=True), conditional_page], name="dispatch")
class NotificationSummary(APIView):
    @extend_schema(
        operation_id="notification_summary",
        summary="How many are unread",
        responses={200: SummarySerializer, **problems(401)},
    )
    def get(self, request: Request) -> Response:
        return Response({"unread": Notification.objects.filter(user=user_of(request)).unread().count()})
