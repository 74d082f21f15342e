"""Django's middleware for people with browsers, past which all other requests go straight on.

The app carries a token, the course service a signature, a calendar the secret in its URL: sessions and what stands on them are for none
of these, and passing through all that was a twentieth of what receiving a delivery costs.
"""

from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django_otp.middleware import OTPMiddleware

from apps.core.error_pages import is_page


class OnPages:
    """Put before a middleware in the bases of a class."""

    get_response: Any

    def __call__(self, request: HttpRequest) -> Any:
        return super().__call__(request) if is_page(request) else self.get_response(request)  # type: ignore[misc]  # the middleware's


class Sessions(OnPages, SessionMiddleware):
    pass


class Authentication(OnPages, AuthenticationMiddleware):
    pass


class SecondFactor(OnPages, OTPMiddleware):
    pass


class Messages(OnPages, MessageMiddleware):
    pass
