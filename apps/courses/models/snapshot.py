from django.contrib.postgres.fields import ArrayField
from django.db import models

from apps.core.arrays import AnyOf
from apps.courses.models.term import Term


class SnapshotQuerySet(models.QuerySet["Snapshot"]):
    def complete(self, terms: str) -> "SnapshotQuerySet":
        """Of each of these terms, written as an array, the newest first."""
        complete = self.filter(AnyOf("term", terms), floor__isnull=False)
        return complete.order_by("term", "-floor", "-snapshot_id")

    def in_effect(self) -> "SnapshotQuerySet":
        """Without those that the brake holds or held, unless staff approved."""
        return self.filter(models.Q(held=None) | models.Q(held__state="approved"))


class Snapshot(models.Model):
    """A catalogue.snapshot as far as its pages have come. `floor` is set once all are in: the lowest timestamp of its pages."""

    source = models.CharField(max_length=64)
    snapshot_id = models.TextField()
    term = models.ForeignKey(Term, models.PROTECT, related_name="snapshots")
    pages = models.PositiveIntegerField()
    floor = models.DateTimeField(null=True)

    objects = SnapshotQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "snapshot_id", "term"], name="courses_snapshot_id"),
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.snapshot_id}"


class SnapshotPage(models.Model):
    """What one page listed. The same page sent again keeps the lowest timestamp and every course it ever listed."""

    snapshot = models.ForeignKey(Snapshot, models.CASCADE, related_name="received", db_index=False)
    page = models.PositiveIntegerField()
    timestamp = models.DateTimeField()
    external_ids = ArrayField(models.TextField(), default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["snapshot", "page"], name="courses_snapshot_page")]

    def __str__(self) -> str:
        return f"page {self.page}"
