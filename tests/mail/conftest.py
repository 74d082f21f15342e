from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from apps.mail.outbox import Draft, post
from tests.fakes.smtp import MailServer, mail_server


@pytest.fixture
def server(settings: Settings) -> Iterator[MailServer]:
    """What letters are sent to in this test, without patience."""
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_TIMEOUT = 10
        yield server


def draft(to: str = "alice@example.org", **fields: Any) -> Draft:
    given = {
        "subject": "Hello",
        "text": "A key: s3cret-key",
        "expires_at": timezone.now() + timedelta(hours=1),
    }
    return Draft(to, **{**given, **fields})


def post_one(to: str = "alice@example.org", **fields: Any) -> None:
    assert post([draft(to, **fields)]) == 1
