"""Dates and times as the contract writes them, and nothing else: ASCII digits, RFC 3339, years 1900 to 2199.

Dates (YYYY-MM-DD) and times of day (HH:MM) stay text: each has one spelling, so they compare and sort as they are.
"""

import re
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any

_DATE = re.compile(r"(19|20|21)\d{2}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(r"\d{2}:\d{2}", re.ASCII)
_DATETIME = re.compile(
    r"(19|20|21)\d{2}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,12})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)


@lru_cache(maxsize=4096)  # of all days that a timetable names there are only so many
def check_date(value: str) -> str:
    if not _DATE.fullmatch(value):
        raise ValueError("must be a date written YYYY-MM-DD, in the years 1900 to 2199")
    date.fromisoformat(value)
    return value


@lru_cache(maxsize=24 * 60)
def check_time(value: str) -> str:
    if not _TIME.fullmatch(value):
        raise ValueError("must be a time written HH:MM")
    time.fromisoformat(value)
    return value


def parse_datetime(value: Any) -> datetime:
    """RFC 3339 with its offset; digits beyond the microsecond are dropped. Raises ValueError."""
    if not isinstance(value, str) or not _DATETIME.fullmatch(value):
        raise ValueError("must be an RFC 3339 date and time with an offset, in the years 1900 to 2199")
    return datetime.fromisoformat(value.upper())
