"""The push lane with a short lease: what a dead worker held is free again when that ends."""

from datetime import timedelta

from apps.notifications import delivery

delivery.LEASE = timedelta(seconds=3)
delivery.LATEST_START = 1.0
send_due = delivery.send_due
