from datetime import timedelta

from django.db import models
from django.db.models.functions import Now


class LaneHeartbeatQuerySet(models.QuerySet["LaneHeartbeat"]):
    def beat(self, lane: str) -> None:
        """By the database's clock, so that workers on several machines agree."""
        self.update_or_create(lane=lane, defaults={"seen_at": Now()})

    def seen_within(self, age: timedelta) -> "LaneHeartbeatQuerySet":
        return self.filter(seen_at__gt=Now() - age)


class LaneHeartbeat(models.Model):
    """When a worker last took a step in a lane. One row a lane, whatever the number of workers."""

    lane = models.CharField(max_length=64, primary_key=True)
    seen_at = models.DateTimeField()

    objects = LaneHeartbeatQuerySet.as_manager()

    def __str__(self) -> str:
        return self.lane
