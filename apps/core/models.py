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


class ScheduledJobQuerySet(models.QuerySet["ScheduledJob"]):
    def resting(self) -> set[str]:
        """Those that are not due yet."""
        return set(self.filter(due_at__gt=Now()).values_list("name", flat=True))

    def claim(self, name: str, every: timedelta) -> bool:
        """Whether the job is due, or new, and the caller's to run. It is next due after `every`, whoever asks."""
        _, new = self.get_or_create(name=name, defaults={"due_at": Now() + every})
        return new or bool(self.filter(name=name, due_at__lte=Now()).update(due_at=Now() + every))


class ScheduledJob(models.Model):
    """When a job of the schedule lane is next to be run, by one worker of however many there are."""

    name = models.CharField(max_length=255, primary_key=True)
    due_at = models.DateTimeField()

    objects = ScheduledJobQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name
