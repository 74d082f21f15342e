"""Sessions, and what stands on them, are for pages alone."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/admin/login/", "/account/deletion/", "/unsubscribe/x/"])
def test_pages_have_sessions(client: Client, path: str) -> None:
    assert hasattr(client.get(path).wsgi_request, "session")


@pytest.mark.parametrize(
    "path",
    ["/", "/api/v1/courses/", "/api/docs/", "/webhooks/course-service/", "/calendar/x.ics", "/health/"],
)
def test_nothing_else_has(client: Client, path: str) -> None:
    assert not hasattr(client.get(path).wsgi_request, "session")
