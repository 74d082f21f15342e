"""Which days the ledger says a change touches: every entry is told by its days alone while it has no exceptions, else by each meeting."""

from typing import Any
from uuid import UUID

import pytest

from apps.courses.diff import TermDays, course_changes
from apps.courses.payloads import COURSE
from apps.courses.render import course_json, term_json
from tests.factories.documents import SOURCE, api_id, course, entry, term

# On a Sunday nothing is cancelled: the entry has an exception and meets as it would without.
VOID = {"date": "2026-10-04", "status": "cancelled"}
AUTUMN = TermDays.of(term_json(id=UUID(int=1), document={"day_overrides": [], **term()}))
FRIDAY_AS_TUESDAY = TermDays.of(
    term_json(id=UUID(int=1), document=term(day_overrides=[{"date": "2026-10-09", "taught_as": 2}]))
)
CHANGED: list[dict[str, Any]] = [
    {"rooms": ["Raf04"]},
    {"weekday": 4},
    {"weeks": [1, 2, 3]},
    {"weeks": []},
    {"weeks": [1, 2], "rooms": ["Raf04"]},
    {"valid_from": "2026-11-01"},
    {"valid_until": "2026-11-01"},
    {"starts_at": "12:15"},
    {"groups": ["101"]},
    {"kind": "lab", "valid_until": "2026-11-01"},
    {"online_url": "https://campus.example/1"},
    {"teachers": []},
]


def touched(before: dict[str, Any] | None, after: dict[str, Any] | None, term: TermDays) -> set[str]:
    """Days of the changes between a course with the one entry and with the other."""
    old, new = (_public([] if fields is None else [entry(**fields)]) for fields in (before, after))
    changes = course_changes(id=api_id(), old=old, new=new, before=AUTUMN, after=term)
    return {day.isoformat() for change in changes for day in change.dates}


def _public(entries: list[dict[str, Any]]) -> dict[str, Any]:
    document = COURSE.read(course(entries=entries))
    return course_json(id=api_id(), source=SOURCE, document=document)


@pytest.mark.parametrize("after", [AUTUMN, FRIDAY_AS_TUESDAY], ids=["same term", "another calendar"])
@pytest.mark.parametrize("fields", CHANGED, ids=lambda fields: ",".join(fields))
def test_an_exception_without_effect_makes_no_difference_to_the_days(
    fields: dict[str, Any], after: TermDays
) -> None:
    quick = touched({}, fields, after)
    assert quick == touched({"exceptions": [VOID]}, {**fields, "exceptions": [VOID]}, after)
    assert quick


def test_other_weeks_touch_only_the_days_that_come_or_go() -> None:
    assert touched({"weeks": [1, 2]}, {"weeks": [2, 3]}, AUTUMN) == {"2026-09-29", "2026-10-13"}


def test_other_weeks_in_another_room_touch_all_days() -> None:
    days = touched({"weeks": [1, 2]}, {"weeks": [2, 3], "rooms": ["Raf04"]}, AUTUMN)
    assert days == {"2026-09-29", "2026-10-06", "2026-10-13"}


def test_an_entry_that_comes_or_goes_touches_each_day_it_meets_on() -> None:
    moved = {"date": "2026-10-06", "status": "moved", "new_date": "2026-10-07"}
    fields = {"weeks": [1, 2], "exceptions": [moved]}
    assert touched(None, fields, AUTUMN) == {"2026-09-29", "2026-10-06", "2026-10-07"}
    assert touched({"weeks": [1, 2]}, None, AUTUMN) == {"2026-09-29", "2026-10-06"}
