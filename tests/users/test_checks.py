from django.core.checks import run_checks
from pytest_django import Settings


def faults() -> list[str]:
    return [str(fault.id) for fault in run_checks() if str(fault.id).startswith("users.")]


def test_the_settings_are_right() -> None:
    assert faults() == []


def test_tokens_signed_with_the_secret_key_are_a_fault(settings: Settings) -> None:
    settings.SIMPLE_JWT = settings.SIMPLE_JWT | {"SIGNING_KEY": settings.SECRET_KEY}

    assert faults() == ["users.E001"]


def test_tokens_for_no_audience_are_a_fault(settings: Settings) -> None:
    settings.SIMPLE_JWT = settings.SIMPLE_JWT | {"AUDIENCE": None}

    assert faults() == ["users.E001"]


def test_a_first_language_nobody_offers_is_a_fault(settings: Settings) -> None:
    settings.LANGUAGES = [("sr", "Srpski")]

    assert faults() == ["users.E002"]
