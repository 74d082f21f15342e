"""What begins at a moment: tests/courses/test_agreement.py compares it with a slow reference; this is what no random timetable meets."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.courses.beginnings import beginning
from tests.factories.documents import entry, exam, put_course, put_term

pytestmark = pytest.mark.django_db


def test_an_hour_skipped_at_the_end_of_a_day_is_held_on_the_next() -> None:
    """In Nuuk the clock goes from 23:00 on Saturday to midnight."""
    put_term(time_zone="America/Nuuk", ends_on="2027-06-01", periods=[])
    put_course(entries=[entry(weekday=6, starts_at="23:15", ends_at="23:59")])
    skipped = datetime(2027, 3, 28, 1, 15, tzinfo=UTC)
    [found] = beginning(skipped, skipped)
    assert (found.local.isoformat(), str(found.day)) == ("2027-03-28T00:15:00-01:00", "2027-03-27")
    assert beginning(skipped - timedelta(minutes=1), skipped - timedelta(seconds=1)) == []


def test_they_come_in_order_of_their_beginning_and_only_those_asked_for() -> None:
    put_term()
    sittings = [{"starts_at": "2026-10-06T10:00:00+02:00", "ends_at": "2026-10-06T12:00:00+02:00"}]
    put_course(
        entries=[entry(), entry(id="early", starts_at="08:15", ends_at="09:00")],
        exams=[exam(sittings=sittings)],
    )
    morning, evening = (datetime(2026, 10, 6, hour, tzinfo=UTC) for hour in (4, 20))
    found = beginning(morning, evening)
    assert [(each.kind, f"{each.local:%H:%M}") for each in found] == [
        ("class", "08:15"),
        ("exam", "10:00"),
        ("class", "11:15"),
    ]
    assert beginning(morning, evening, among=[found[1].id, found[2].id]) == found[1:]
    assert beginning(morning, evening, among=[]) == []
