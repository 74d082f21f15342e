"""What became of the deliveries a soak had accepted, asked as a sender asks: at the signed status endpoint."""

import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from apps.webhooks.integrating.client import Client

POLL_SECONDS = 0.1


class Outcome:
    """`lags` are seconds from being received to being applied, by the server's clock."""

    def __init__(self) -> None:
        self.statuses: Counter[str] = Counter()
        self.lags: list[float] = []

    @classmethod
    def of(cls, deliveries: Sequence[str], *, client: Client, patience: float) -> "Outcome":
        """Those that still wait `patience` seconds after all were accepted count as pending. Raises Unreachable."""
        found = cls()
        deadline = time.monotonic() + patience
        for delivery in deliveries:
            told = client.status(delivery).json()
            while told.get("status") == "pending" and time.monotonic() < deadline:
                time.sleep(POLL_SECONDS)
                told = client.status(delivery).json()
            found.statuses[told.get("status", "unknown")] += 1
            if told.get("processed_at"):
                moments = (datetime.fromisoformat(told[name]) for name in ("received_at", "processed_at"))
                received_at, processed_at = moments
                found.lags.append((processed_at - received_at).total_seconds())
        return found
