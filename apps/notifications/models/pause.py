from django.db import models


class Pause(models.Model):
    """No sending starts for `scope`, a platform or everything, before `until`. Every worker reads these few rows."""

    EVERYTHING = "everything"

    scope = models.CharField(max_length=16, primary_key=True)
    until = models.DateTimeField()
    why = models.TextField()

    def __str__(self) -> str:
        return f"{self.scope} until {self.until:%Y-%m-%d %H:%M:%S}"
