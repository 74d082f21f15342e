from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import models

# A source is quiet after twice its usual gap, and never before an hour has passed.
PATIENCE = 2
LEAST = timedelta(hours=1)


class SourceQuerySet(models.QuerySet["Source"]):
    def ensure(self, names: Iterable[str]) -> None:
        """A row for each, where there is none."""
        missing = set(names) - set(self.filter(name__in=names).values_list("name", flat=True))
        self.bulk_create([Source(name=name) for name in sorted(missing)], ignore_conflicts=True)

    def quiet(self) -> "SourceQuerySet":
        return self.filter(quiet_since__isnull=False)


class Source(models.Model):
    """A course service, as WEBHOOK_SECRETS names it.

    `usual_gap` is learned by watching.py, null while there is too little to learn from; `quiet_since` is when the alarm began.
    """

    name = models.SlugField(max_length=64, primary_key=True)
    silenced = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Deliveries are stored and applied, the catalogue changes and every change stands in the ledger, but nobody is notified: no "
        "inbox, no phone. It holds for deliveries received from now on; what was received before keeps ringing or not as it came.",
    )
    heard_at = models.DateTimeField(null=True)
    usual_gap = models.DurationField(null=True)
    learned_at = models.DateTimeField(null=True)
    quiet_since = models.DateTimeField(null=True)

    objects = SourceQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    def expected_by(self) -> datetime | None:
        """When it counts as quiet unless it is heard; None while there is nothing to expect."""
        if self.heard_at is None or self.usual_gap is None:
            return None
        return self.heard_at + max(LEAST, PATIENCE * self.usual_gap)
