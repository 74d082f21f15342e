"""What the environment may say of mail, and what is refused by name."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.env import Environment

NEEDED = {
    "DATABASE_URL": "postgresql://127.0.0.1/campanile",
    "REDIS_URL": "redis://127.0.0.1/0",
    "SECRET_KEY": "a-secret-that-guards-nothing-but-tests",
}


def read(**environ: str) -> Environment:
    return Environment.read({**NEEDED, **environ})


def test_what_is_not_set_is_made_for_development() -> None:
    environment = read()
    assert environment.email_from == "Campanile <campanile@localhost>"
    assert (environment.public_url, environment.exam_email_after_hours) == ("", 12)


def test_what_is_set_is_taken() -> None:
    environment = read(
        EMAIL_FROM="Škola <campanile@campus.example.org>",
        PUBLIC_URL="https://campus.example.org/",
        EXAM_EMAIL_AFTER_HOURS="0",
    )
    assert environment.email_from == "Škola <campanile@campus.example.org>"
    assert environment.public_url == "https://campus.example.org"
    assert environment.exam_email_after_hours == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EMAIL_FROM", "Campanile"),
        ("EMAIL_FROM", "Campanile <campanile>"),
        ("EMAIL_FROM", "a@example.org\nBcc: b@example.org"),
        ("PUBLIC_URL", "campus.example.org"),
        ("PUBLIC_URL", "https://campus.example.org/?page=1"),
        ("EXAM_EMAIL_AFTER_HOURS", "-1"),
        ("EXAM_EMAIL_AFTER_HOURS", "169"),
        ("EXAM_EMAIL_AFTER_HOURS", "half a day"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=name):
        read(**{name: value})
