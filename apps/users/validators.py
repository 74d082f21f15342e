"""What a profile may hold. Functions, so that a migration records their names and not today's lists."""

import unicodedata
from functools import cache
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError

_BREAKING = {"Cc", "Cs", "Zl", "Zp"}
_TURNING = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def validate_language(value: str) -> None:
    if value not in dict(settings.LANGUAGES):
        raise ValidationError("Not a language Campanile speaks.", code="unknown_language")


def validate_name(value: str) -> None:
    """One line, shown in letters, lists and headers: nothing in it may break the line or turn the reading direction of what follows."""
    if any(unicodedata.category(letter) in _BREAKING or letter in _TURNING for letter in value):
        raise ValidationError("A name has no line breaks or control characters.", code="control_character")


def validate_time_zone(value: str) -> None:
    if value not in _time_zones():
        raise ValidationError("Not a time zone of the IANA database.", code="unknown_time_zone")


@cache
def _time_zones() -> frozenset[str]:
    """Read once: the lookup walks the whole time zone folder."""
    return frozenset(available_timezones())
