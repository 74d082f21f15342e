"""The invented faculty: webhook bodies written around one autumn, moved by whole weeks so that they fit any day."""

import json
import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

Event = dict[str, Any]

PAYLOADS = Path(__file__).parent / "payloads"
# A course service announces its terms before the courses taught in them.
ORDER = ("autumn.term", "spring.term", "autumn.snapshot", "spring.snapshot")
# Far enough in for a past, early enough for midterms ahead, and a week without a holiday.
WEEK_OF_TODAY = 6

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})")


def load_payloads() -> list[Event]:
    """The committed event bodies, as written, in the order a course service would send them."""
    return [json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8")) for name in ORDER]


def laid_around(now: datetime) -> list[Event]:
    """The events that make `now` (aware) fall in the sixth teaching week of the first term, the second term coming next."""
    payloads = load_payloads()
    first_term = payloads[0]["data"]
    zone = ZoneInfo(first_term["time_zone"])
    week_one = _monday(min(_starts_of_teaching(first_term)))
    laid = _monday(now.astimezone(zone).date()) - timedelta(weeks=WEEK_OF_TODAY - 1)
    weeks = (laid - week_one).days // 7
    return [_told(shift(payload, weeks=weeks, zone=zone), now=now, laid=laid) for payload in payloads]


def shift(event: Event, *, weeks: int, zone: ZoneInfo) -> Event:
    """A copy with every date and time moved by whole weeks.

    Weekdays stay, and so do the hours on the wall clocks of `zone`, also when daylight saving begins or ends in between.
    """
    moved: Event = _shifted(event, timedelta(weeks=weeks), zone)
    return moved


def _shifted(value: Any, by: timedelta, zone: ZoneInfo) -> Any:
    match value:
        case dict():
            return {key: _shifted(item, by, zone) for key, item in value.items()}
        case list():
            return [_shifted(item, by, zone) for item in value]
        case str() if _DATE.fullmatch(value):
            return (date.fromisoformat(value) + by).isoformat()
        case str() if _TIME.fullmatch(value):
            # Adding to an aware datetime moves the wall clock; the offset is looked up again when it is written.
            return (datetime.fromisoformat(value).astimezone(zone) + by).isoformat()
    return value


def _told(event: Event, *, now: datetime, laid: date) -> Event:
    """A snapshot laid around another week is another snapshot: its id carries the Monday of its first week."""
    data = event["data"]
    if "snapshot_id" in data:
        data = data | {"snapshot_id": f"{data['snapshot_id']}-{laid}"}
    return event | {"timestamp": now.isoformat(), "data": data}


def _starts_of_teaching(term: dict[str, Any]) -> list[date]:
    return [date.fromisoformat(p["starts_on"]) for p in term["periods"] if p["kind"] == "teaching"]


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
