"""Hours of the day, by clocks that are put forward and back."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from apps.notifications.clocks import next_hour, quiet_until

YEAR = datetime(2025, 12, 1, tzinfo=UTC)
BELGRADE = ZoneInfo("Europe/Belgrade")
# Whole and half hours of shift, both hemispheres, clocks put forward at midnight, far east and west, no shift at all.
ZONES = [
    "Europe/Belgrade",
    "America/New_York",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Asia/Beirut",
    "America/Santiago",
    "Pacific/Auckland",
    "Pacific/Kiritimati",
    "Asia/Kathmandu",
]
minutes = st.integers(0, 24 * 60 - 1).map(lambda count: time(*divmod(count, 60)))
zones = st.sampled_from(ZONES).map(ZoneInfo)
# One year's moments, half of them near the nights on which clocks are put forward or back.
moments = st.integers(0, 400 * 24 * 60).map(lambda count: YEAR + timedelta(minutes=count)) | st.builds(
    lambda day, offset: day + offset,
    st.sampled_from(
        [datetime(2026, m, d, 1, tzinfo=UTC) for m, d in [(3, 8), (3, 29), (10, 25), (11, 1), (4, 24)]]
    ),
    st.timedeltas(timedelta(hours=-30), timedelta(hours=30)),
)


def within(clock: time, begins: time, ends: time) -> bool:
    return begins <= clock < ends if begins < ends else clock >= begins or clock < ends


def shifts(moment: datetime, zone: ZoneInfo) -> bool:
    """Whether clocks are put forward or back within a day and a half."""
    around = (moment + timedelta(hours=hours) for hours in range(-36, 37, 6))
    return len({each.astimezone(zone).utcoffset() for each in around}) > 1


@given(now=moments, begins=minutes, ends=minutes, zone=zones)
def test_whenever_the_clock_shows_a_quiet_hour_it_is_quiet(
    now: datetime, begins: time, ends: time, zone: ZoneInfo
) -> None:
    assume(begins != ends)
    clock = now.astimezone(zone).time()
    until = quiet_until(now, begins=begins, ends=ends, zone=zone)
    if within(clock, begins, ends):
        assert until is not None
    elif not shifts(now, zone):
        assert until is None


@given(now=moments, begins=minutes, ends=minutes, zone=zones)
def test_it_ends_when_the_clock_shows_the_end_and_within_a_day(
    now: datetime, begins: time, ends: time, zone: ZoneInfo
) -> None:
    assume(begins != ends)
    until = quiet_until(now, begins=begins, ends=ends, zone=zone)
    assume(until is not None)
    assert until
    assert now < until <= now + timedelta(hours=25)
    shown = until.astimezone(zone)
    assert shown.time() == ends or shifts(until, zone)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-03-28T21:59:00+01:00", None),
        ("2026-03-28T22:00:00+01:00", "2026-03-29T07:00:00+02:00"),
        ("2026-03-29T06:59:00+02:00", "2026-03-29T07:00:00+02:00"),
        ("2026-03-29T07:00:00+02:00", None),
        ("2026-10-25T01:00:00+02:00", "2026-10-25T07:00:00+01:00"),
    ],
)
def test_a_night_is_as_long_as_the_clock_makes_it(now: str, until: str | None) -> None:
    found = quiet_until(datetime.fromisoformat(now), begins=time(22), ends=time(7), zone=BELGRADE)
    assert found == (datetime.fromisoformat(until) if until else None)


@pytest.mark.parametrize(
    "now", ["2026-10-25T02:10:00+02:00", "2026-10-25T02:40:00+02:00", "2026-10-25T02:10:00+01:00"]
)
def test_a_repeated_end_counts_the_second_time(now: str) -> None:
    found = quiet_until(datetime.fromisoformat(now), begins=time(22), ends=time(2, 30), zone=BELGRADE)
    assert found == datetime.fromisoformat("2026-10-25T02:30:00+01:00")


def test_an_end_that_is_skipped_comes_after_the_skip() -> None:
    now = datetime.fromisoformat("2026-03-29T01:59:00+01:00")
    found = quiet_until(now, begins=time(22), ends=time(2, 30), zone=BELGRADE)
    assert found == datetime.fromisoformat("2026-03-29T03:30:00+02:00")


@given(now=moments, hour=st.integers(0, 23), zone=zones)
def test_the_next_hour_lies_ahead_within_a_day_and_comes_once_each_day(
    now: datetime, hour: int, zone: ZoneInfo
) -> None:
    day, first = next_hour(now, hour=hour, zone=zone)
    assert now < first <= now + timedelta(hours=25)
    assert first.astimezone(zone).hour == hour or shifts(first, zone)
    following, second = next_hour(first, hour=hour, zone=zone)
    assert following == day + timedelta(days=1)
    assert next_hour(now, hour=hour, zone=zone, not_on={day}) == (following, second)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-03-29T00:00:00+01:00", "2026-03-29T03:00:00+02:00"),
        ("2026-10-25T00:00:00+02:00", "2026-10-25T02:00:00+02:00"),
        ("2026-10-25T02:00:00+02:00", "2026-10-26T02:00:00+01:00"),
    ],
)
def test_an_hour_that_is_skipped_or_repeated_comes_once(now: str, expected: str) -> None:
    _, found = next_hour(datetime.fromisoformat(now), hour=2, zone=BELGRADE)
    assert found == datetime.fromisoformat(expected)
