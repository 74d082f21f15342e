"""What a user's clock shows: hours of the day in a zone whose clocks are put forward and back."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

_DAY = timedelta(days=1)


def quiet_until(now: datetime, *, begins: time, ends: time, zone: tzinfo) -> datetime | None:
    """When the quiet hours end in which `now` lies; None when it lies in none. They go over midnight when they begin later than they end.

    Rather too long than too short where clocks are put forward or back: whenever the user's clock shows a quiet hour it is quiet, be it
    for the second time, and a beginning or an end that the clock skips may make it quiet for as long as it skips beyond that.
    """
    today = now.astimezone(zone).date()
    for day in (today - _DAY, today, today + _DAY):
        first, _ = _moments(day, begins, zone)
        _, last = _moments(day if begins < ends else day + _DAY, ends, zone)
        if first <= now < last:
            return last
    return None


def _moments(day: date, clock: time, zone: tzinfo) -> tuple[datetime, datetime]:
    """The first and the last moment at which a clock may be said to show this: one, but for what is repeated or skipped (PEP 495)."""
    both = [datetime.combine(day, clock.replace(fold=fold), zone).astimezone(UTC) for fold in (0, 1)]
    return min(both), max(both)
