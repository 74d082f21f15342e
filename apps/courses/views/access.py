from collections.abc import Sequence
from typing import Any

from django.conf import settings
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.views import APIView


class CatalogueView(APIView):
    """Open to all, whatever Authorization says, so that every client shares the same bytes; unless CATALOGUE_PUBLIC is off."""

    def get_authenticators(self) -> list[BaseAuthentication]:
        return [] if settings.CATALOGUE_PUBLIC else super().get_authenticators()

    def get_permissions(self) -> Sequence[Any]:
        permission: type[BasePermission] = AllowAny if settings.CATALOGUE_PUBLIC else IsAuthenticated
        return [permission()]
