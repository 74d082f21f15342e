"""The Content-Security-Policy of pages. Whatever is not a page gets the stricter one of apps/core/security_headers.py."""

from csp.constants import UNSAFE_EVAL
from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest
from django.http.response import HttpResponseBase

ADMIN = "/admin/"


class PagePolicy(CSPMiddleware):
    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not response.headers.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)

    def get_policy_parts(
        self,
        request: HttpRequest,
        response: HttpResponseBase,
        report_only: bool = False,  # noqa: FBT001, FBT002  # django-csp's signature
    ) -> PolicyParts:
        """Alpine, which unfold is made with, compiles the expressions in its attributes: the admin cannot do without eval."""
        parts = super().get_policy_parts(request, response, report_only)
        if request.path.startswith(ADMIN):
            parts.update = {"script-src": [UNSAFE_EVAL]}
        return parts
