from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.users.authentication import CHALLENGE


@method_decorator(cache_control(no_store=True), name="dispatch")
class SignedOutView(APIView):
    """For those who are not signed in yet, or no longer. Answers may hold tokens, and are never stored (RFC 6749, section 5.1)."""

    authentication_classes = []
    permission_classes = [AllowAny]

    def get_authenticate_header(self, request: Request) -> str:
        """Without authenticators DRF would turn 401 into 403."""
        return CHALLENGE
