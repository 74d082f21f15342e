"""/me/hidden-entries/."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.openapi import problems
from apps.courses.hidden_entries import hide, unhide
from apps.courses.models import Entry, HiddenEntry
from apps.courses.schema import HiddenEntrySerializer
from apps.users.authentication import user_of
from apps.users.models import User


class MyHiddenEntries(generics.ListAPIView[HiddenEntry]):
    serializer_class = HiddenEntrySerializer
    filter_backends = []

    def get_queryset(self) -> QuerySet[HiddenEntry]:
        if not isinstance(self.request.user, User):  # the schema is drawn without a user
            return HiddenEntry.objects.none()
        return HiddenEntry.objects.filter(user=self.request.user).order_by("created_at", "pk")

    @extend_schema(responses={200: HiddenEntrySerializer(many=True), **problems(400, 401, 404)})
    def get(self, request: Request) -> Response:
        """What the user hides, also entries that the catalogue does not have at the moment."""
        return self.list(request)


class MyHiddenEntry(APIView):
    @extend_schema(request=None, responses={204: None, **problems(401, 404)})
    def put(self, request: Request, entry: UUID) -> Response:
        """Leave the entry out of the schedule and ring for none of its changes. The same again changes nothing."""
        try:
            hide(user_id=user_of(request).pk, entry_id=entry)
        except Entry.DoesNotExist as error:
            raise Http404 from error
        return Response(status=204)

    @extend_schema(responses={204: None, **problems(401, 404)})
    def delete(self, request: Request, entry: UUID) -> Response:
        """Show it again; of one that is not hidden, nothing changes."""
        unhide(user_id=user_of(request).pk, entry_id=entry)
        return Response(status=204)
