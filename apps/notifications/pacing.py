"""How fast one worker sends: no faster than it may, and no faster than FCM takes it."""

import math
import time

from apps.notifications.outcomes import Verdict

# So many are under way at first, one more for so many answers. FCM asks its senders to grow slowly, and after a refusal those that have
# started already come all the same.
FIRST_WINDOW = 8
LARGEST_WINDOW = 300
ANSWERS_TO_GROW = 5
# The share of a second's messages that may start at once.
_BURST = 20

_TAKEN = {Verdict.SENT, Verdict.RETIRE, Verdict.DEAD, Verdict.DELAY_DEVICE}


class Pace:
    """Of one worker. A token bucket: what may start at once and what is added within a second never are more than `per_second` together."""

    def __init__(self, per_second: int) -> None:
        self._most = max(1, per_second // _BURST)
        self._added = per_second + 1 - self._most
        self._tokens = float(self._most)
        self._filled_at = time.monotonic()
        self._grown = FIRST_WINDOW * ANSWERS_TO_GROW
        self._reach = math.inf

    def room(self, under_way: int) -> int:
        """How many may start now."""
        now = time.monotonic()
        self._tokens = min(self._most, self._tokens + (now - self._filled_at) * self._added)
        self._filled_at = now
        return max(0, min(int(self._tokens), self._grown // ANSWERS_TO_GROW - under_way))

    def started(self) -> None:
        self._tokens -= 1

    def answered(self, verdict: Verdict) -> None:
        """A message that was taken, or refused for itself alone, lets the window grow; anything else is a sign of too much."""
        least = FIRST_WINDOW * ANSWERS_TO_GROW
        if verdict in _TAKEN:
            self._grown = min(LARGEST_WINDOW * ANSWERS_TO_GROW, self._grown + 1)
        elif verdict is Verdict.RETRY:
            self._grown = max(least, self._grown // 2)
        elif verdict is not Verdict.PAUSE_PLATFORM:
            self._grown = least

    def batch(self, most: int) -> int:
        """How many to claim: what could not be started in time would be looked at in vain."""
        return int(min(most, self._reach))

    def batch_ended(self, *, started: int, late: bool) -> None:
        """`late`: time ran out before all were started."""
        self._reach = started + max(FIRST_WINDOW, started // 4) if late else 2 * self._reach
