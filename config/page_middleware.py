"""Django's middleware for people with browsers, past which all other requests go straight on.

The app carries a token, the course service a signature, a calendar the secret in its URL: sessions, CSRF tokens and messages are for
none of them, and passing through all that was a twelfth of what receiving a delivery costs.
"""

from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseForbidden
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django_otp.middleware import OTPMiddleware

from apps.core.error_pages import is_page


class OnPages:
    """Put before a middleware in the bases of a class."""

    get_response: Any

    def __call__(self, request: HttpRequest) -> Any:
        return super().__call__(request) if is_page(request) else self.get_response(request)  # type: ignore[misc]  # the middleware's


class Sessions(OnPages, SessionMiddleware):
    pass


class Csrf(OnPages, CsrfViewMiddleware):
    def process_view(
        self, request: HttpRequest, callback: Any, callback_args: Any, callback_kwargs: Any
    ) -> HttpResponseForbidden | None:
        if not is_page(request):
            return None
        return super().process_view(request, callback, callback_args, callback_kwargs)


class Authentication(OnPages, AuthenticationMiddleware):
    pass


class SecondFactor(OnPages, OTPMiddleware):
    pass


class Messages(OnPages, MessageMiddleware):
    pass


class FrameOptions(OnPages, XFrameOptionsMiddleware):
    pass
