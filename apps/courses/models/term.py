from django.db import models

from apps.courses.models.sourced import Sourced


class TermQuerySet(models.QuerySet["Term"]):
    def filled(self) -> "TermQuerySet":
        """Without the stubs."""
        return self.filter(guard__isnull=False)


class Term(Sourced):
    """An academic term. A stub (`name` empty, no dates) stands in until term.updated fills it."""

    name = models.CharField(max_length=200)
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    periods = models.JSONField(default=list)
    day_overrides = models.JSONField(default=list)

    objects = TermQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="courses_term_external_id")
        ]

    def __str__(self) -> str:
        return self.name or f"{self.source}: {self.external_id}"
