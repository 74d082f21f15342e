"""The apply lane with the poisons among its handlers, and little patience between attempts."""

from datetime import timedelta
from typing import cast

from apps.webhooks import handlers, processing
from tests.faults.poisons import POISONS

cast("dict[str, object]", handlers.HANDLERS).update(POISONS)
processing.FIRST_PAUSE = timedelta(milliseconds=5)
apply_pending = processing.apply_pending
