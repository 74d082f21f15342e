"""What a profile may hold. Functions, so that a migration records their names and not today's lists."""

from functools import cache
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError


def validate_language(value: str) -> None:
    if value not in dict(settings.LANGUAGES):
        raise ValidationError("Not a language Campanile speaks.", code="unknown_language")


def validate_time_zone(value: str) -> None:
    if value not in _time_zones():
        raise ValidationError("Not a time zone of the IANA database.", code="unknown_time_zone")


@cache
def _time_zones() -> frozenset[str]:
    """Read once: the lookup walks the whole time zone folder."""
    return frozenset(available_timezones())
