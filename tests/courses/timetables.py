"""Terms and entries for hypothesis, as hostile as the contract allows: hours that a clock skips or shows twice are likely."""

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

Json = dict[str, Any]
# Clocks change at two and three, at midnight, by half an hour, backwards in winter, for Ramadan, and not at all.
ZONES = [
    "Europe/Belgrade",
    "America/New_York",
    "Australia/Lord_Howe",
    "Europe/Dublin",
    "Africa/Casablanca",
    "Africa/Cairo",
    "America/Santiago",
    "Asia/Kolkata",
    "UTC",
]
# Days are counted from one on which the clock is changed. Hours are quarters from midnight, or from a thousand, which is that change.
_CHANGE = 1000
_DAYS = st.just(0) | st.integers(-30, 30)
_HOURS = st.integers(0, 95) | st.integers(_CHANGE - 6, _CHANGE + 8)
_WEEKDAYS = st.integers(1, 7)
_EXCEPTIONS: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {"date": _DAYS, "status": st.sampled_from(["cancelled", "moved", "added"])},
    optional={
        "new_date": _DAYS,
        "starts_at": _HOURS,
        "ends_at": _HOURS,
        "rooms": st.sampled_from([["Raf04", "Raf05"], []]),
        "teachers": st.just([]),
    },
)
_DRAWN: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {
        "zone": st.sampled_from(ZONES),
        "change": st.integers(0, 3),
        "term": st.tuples(_DAYS, _DAYS),
        "periods": st.lists(
            st.tuples(st.sampled_from(["teaching", "teaching", "holiday", "exams"]), _DAYS, _DAYS), max_size=3
        ),
        "day_overrides": st.dictionaries(_DAYS, _WEEKDAYS, max_size=3),
        "weekday": st.none() | _WEEKDAYS,
        "hours": st.tuples(_HOURS, _HOURS),
        "weeks": st.none() | st.lists(st.integers(1, 10)),
        "valid_from": st.none() | _DAYS,
        "valid_until": st.none() | _DAYS,
        "exceptions": st.lists(_EXCEPTIONS, max_size=6),
    }
)


@cache
def changes(key: str) -> list[datetime]:
    """What the clocks of a zone show just before they are changed, in 2026 and 2027; of a zone that has no changes, some hour."""
    hours = [datetime(2026, 1, 5, tzinfo=UTC) + timedelta(hours=number) for number in range(2 * 364 * 24)]
    local = [hour.astimezone(ZoneInfo(key)) for hour in hours]
    found = [one for one, other in pairwise(local) if one.utcoffset() != other.utcoffset()]
    return found or [datetime(2026, 10, 14, 11, tzinfo=UTC)]


def timetables() -> st.SearchStrategy[tuple[Json, Json]]:
    """(term, entry): documents as a course service sends them, every field there but those of exceptions."""
    return _DRAWN.map(_documents)


def _documents(drawn: Json) -> tuple[Json, Json]:
    possible = changes(drawn["zone"])
    change: datetime = possible[drawn["change"] % len(possible)]

    def day(number: int) -> str:
        return (change.date() + timedelta(days=number)).isoformat()

    def hour(number: int) -> str:
        quarter = number if number < 96 else (change.hour * 4 + number - _CHANGE) % 96
        return f"{quarter // 4:02}:{quarter % 4 * 15:02}"

    def span(one: int, other: int) -> Json:
        return {"starts_on": day(min(one, other)), "ends_on": day(max(one, other))}

    def exception(each: Json) -> Json:
        written = {"date": day, "new_date": day, "starts_at": hour, "ends_at": hour}
        found = {name: written[name](value) if name in written else value for name, value in each.items()}
        if found.get("ends_at", "24") <= found.get("starts_at", starts_at):
            del found["ends_at"]
        return found

    starts_at, ends_at = sorted(map(hour, drawn["hours"]))
    term = {
        "id": "random",
        "name": "Random",
        **span(*drawn["term"]),
        "time_zone": drawn["zone"],
        "periods": [{"kind": kind, "name": "", **span(one, other)} for kind, one, other in drawn["periods"]],
        "day_overrides": [
            {"date": day(number), "taught_as": weekday} for number, weekday in drawn["day_overrides"].items()
        ],
    }
    entry = {
        "id": "random",
        "kind": "lecture",
        "weekday": drawn["weekday"] or change.isoweekday(),
        "starts_at": starts_at,
        "ends_at": ends_at if ends_at > starts_at else "23:59",
        "rooms": ["Raf20"],
        "teachers": ["Jelena Jeremić"],
        "groups": ["101"],
        "weeks": drawn["weeks"],
        "valid_from": None if drawn["valid_from"] is None else day(drawn["valid_from"]),
        "valid_until": None if drawn["valid_until"] is None else day(drawn["valid_until"]),
        "online_url": None,
        "exceptions": [exception(each) for each in drawn["exceptions"]],
    }
    return term, entry
