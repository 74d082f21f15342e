"""Users as the model of the week knows them: what they follow, have chosen, and carry in their pockets."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)


@dataclass
class Person:
    name: str
    zone: str = "Europe/Belgrade"
    language: str = "en"
    active: bool = True
    # A course and a group of it or "", or "" and a group of the term.
    follows: set[tuple[str, str]] = field(default_factory=set)
    hidden: set[tuple[str, str]] = field(default_factory=set)
    muted: set[str] = field(default_factory=set)
    push_off: set[str] = field(default_factory=set)
    inbox_off: set[str] = field(default_factory=set)
    quiet: tuple[str, str] | None = None
    summary_hour: int | None = None
    summed_up: set[date] = field(default_factory=set)

    def clock(self, moment: datetime) -> datetime:
        return moment.astimezone(ZoneInfo(self.zone))

    def quiet_until(self, now: datetime) -> datetime | None:
        """Look at the clock minute by minute."""
        if not self._is_quiet(now):
            return None
        moment = _full_minute(now)
        while self._is_quiet(moment):
            moment += MINUTE
        return moment

    def next_summary(self, after: datetime) -> datetime:
        moment = _full_minute(after)
        while not self._summary_begins(moment) or moment <= after:
            moment += MINUTE
        return moment

    def _is_quiet(self, moment: datetime) -> bool:
        if self.quiet is None:
            return False
        begins, ends = map(time.fromisoformat, self.quiet)
        shown = self.clock(moment).time()
        return begins <= shown < ends if begins < ends else shown >= begins or shown < ends

    def _summary_begins(self, moment: datetime) -> bool:
        shown = self.clock(moment)
        return (shown.hour, shown.minute) == (self.summary_hour, 0) and shown.date() not in self.summed_up


def _full_minute(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(second=0, microsecond=0)
