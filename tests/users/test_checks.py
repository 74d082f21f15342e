import pytest
from django.core.checks import run_checks
from pytest_django import Settings


def faults() -> list[str]:
    return [str(fault.id) for fault in run_checks() if str(fault.id).startswith("users.")]


def test_the_settings_are_right() -> None:
    assert faults() == []


KEY, OTHER = "k" * 32, "o" * 32


def test_any_number_of_keys_is_right(settings: Settings) -> None:
    settings.TOKEN_KEYS = [KEY, OTHER]

    assert faults() == []


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ([], "users.E001"),
        ([KEY[1:]], "users.E003"),
        ([KEY, "short"], "users.E003"),
        ([KEY, KEY], "users.E004"),
    ],
)
def test_no_key_a_short_one_or_one_twice_is_a_fault(settings: Settings, keys: list[str], fault: str) -> None:
    settings.TOKEN_KEYS = keys

    assert faults() == [fault]


def test_tokens_signed_with_the_secret_key_are_a_fault(settings: Settings) -> None:
    settings.TOKEN_KEYS = [KEY, settings.SECRET_KEY]

    assert faults() == ["users.E004"]


def test_tokens_for_no_audience_are_a_fault(settings: Settings) -> None:
    settings.SIMPLE_JWT = settings.SIMPLE_JWT | {"AUDIENCE": None}

    assert faults() == ["users.E005"]


def test_a_first_language_nobody_offers_is_a_fault(settings: Settings) -> None:
    settings.LANGUAGES = [("sr", "Srpski")]

    assert faults() == ["users.E002"]


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://campus.example.org", []),
        ("http://127.0.0.1:8000", []),
        ("http://campus.example.org", ["users.E006"]),
        ("", ["users.E006"]),
    ],
)
def test_links_in_letters_lead_to_us_unread(settings: Settings, url: str, found: list[str]) -> None:
    settings.PUBLIC_URL = url

    assert faults() == found
