"""A deployment that would send letters from nowhere is told so before it sends one."""

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

SMTP = "django.core.mail.backends.smtp.EmailBackend"
FILES = "django.core.mail.backends.filebased.EmailBackend"


@pytest.mark.parametrize(
    ("backend", "sender", "faults"),
    [
        (SMTP, "Campanile <campanile@localhost>", ["mail.E001"]),
        (SMTP, "Campanile <campanile@campus.example.org>", []),
        (FILES, "Campanile <campanile@localhost>", []),
    ],
)
def test_letters_need_a_sender(settings: Settings, backend: str, sender: str, faults: list[str]) -> None:
    settings.EMAIL_BACKEND, settings.DEFAULT_FROM_EMAIL = backend, sender
    found = run_checks(include_deployment_checks=True)
    assert [fault.id for fault in found if str(fault.id).startswith("mail.")] == faults
