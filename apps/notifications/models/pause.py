from django.db import models
from django.db.models.functions import Now


class PauseQuerySet(models.QuerySet["Pause"]):
    def in_force(self) -> "PauseQuerySet":
        return self.filter(until__gt=Now()).order_by("scope")


class Pause(models.Model):
    """No sending starts for `scope`, a platform or everything, before `until`. Every worker reads these few rows."""

    EVERYTHING = "everything"

    scope = models.CharField(max_length=16, primary_key=True)
    until = models.DateTimeField()
    why = models.TextField()

    objects = PauseQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.scope} until {self.until:%Y-%m-%d %H:%M:%S}"

    @property
    def line(self) -> str:
        phones = "no phone" if self.scope == self.EVERYTHING else f"no {self.scope} phone"
        return f"{phones} is rung before {self.until:%Y-%m-%d %H:%M:%S} UTC"
