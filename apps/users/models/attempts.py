from django.contrib.postgres.fields import ArrayField
from django.db import models


class Attempts(models.Model):
    """What one account or address tried within its window; see throttling.py. `key` is a keyed hash: it names nobody."""

    key = models.CharField(primary_key=True, max_length=64)
    taken = ArrayField(models.DateTimeField())
    stale_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name_plural = "attempts"

    def __str__(self) -> str:
        return self.key
