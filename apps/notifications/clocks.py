"""What a user's clock shows: hours of the day in a zone whose clocks are put forward and back."""

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo

_DAY = timedelta(days=1)


def quiet_until(now: datetime, *, begins: time, ends: time, zone: tzinfo) -> datetime | None:
    """When the quiet hours end in which `now` lies; None when it lies in none."""
    for first, last in quiet_around(now, begins=begins, ends=ends, zone=zone):
        if first <= now < last:
            return last
    return None


def quiet_around(
    now: datetime, *, begins: time, ends: time, zone: tzinfo
) -> Iterator[tuple[datetime, datetime]]:
    """From when until when it is quiet on the days around `now`. Quiet hours go over midnight when they begin later than they end.

    Rather too long than too short where clocks are put forward or back: whenever the user's clock shows a quiet hour it is quiet, be it
    for the second time, and a beginning or an end that the clock skips may make it quiet for as long as it skips beyond that.
    """
    today = now.astimezone(zone).date()
    for day in (today - _DAY, today, today + _DAY):
        first, _ = _moments(day, begins, zone)
        _, last = _moments(day if begins < ends else day + _DAY, ends, zone)
        yield first, last


def next_hour(
    now: datetime, *, hour: int, zone: tzinfo, not_on: Collection[date] = ()
) -> tuple[date, datetime]:
    """The next day whose full hour lies ahead, but for the days `not_on`, and that moment."""
    day = now.astimezone(zone).date() - _DAY
    while day in not_on or hour_of(day, hour=hour, zone=zone) <= now:
        day += _DAY
    return day, hour_of(day, hour=hour, zone=zone)


def hour_of(day: date, *, hour: int, zone: tzinfo) -> datetime:
    """The first time when it is shown twice; when it is skipped, as if the clock had been put forward later (RFC 5545, section 3.3.5)."""
    return datetime.combine(day, time(hour), zone).astimezone(UTC)


def _moments(day: date, clock: time, zone: tzinfo) -> tuple[datetime, datetime]:
    """The first and the last moment at which a clock may be said to show this: one, but for what is repeated or skipped (PEP 495)."""
    both = [datetime.combine(day, clock.replace(fold=fold), zone).astimezone(UTC) for fold in (0, 1)]
    return min(both), max(both)
