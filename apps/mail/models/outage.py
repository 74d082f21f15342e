from datetime import timedelta

from django.db import connection, models
from django.db.models.functions import Now

# Doubling up to a minute, with jitter, so that a server which recovers is not met by every worker at once.
_EXTEND = """
    INSERT INTO mail_outage AS outage (id, since, until, tries, why)
    VALUES (1, statement_timestamp(), statement_timestamp() + (0.5 + random()) * interval '1 second', 1, %s)
    ON CONFLICT (id) DO UPDATE SET
        tries = outage.tries + 1, why = excluded.why,
        until = statement_timestamp() + least(2 ^ least(outage.tries, 6), 60) * (0.5 + random()) * interval '1 second'
"""


class OutageQuerySet(models.QuerySet["Outage"]):
    def extend(self, why: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_EXTEND, [why])

    def lately(self) -> "OutageQuerySet":
        """One that has not been looked at for minutes says nothing any more: there was nothing to send."""
        return self.filter(until__gt=Now() - timedelta(minutes=5))


class Outage(models.Model):
    """The mail server is away or takes nothing from us: no worker asks it before `until`. At most one row, gone with the next letter it takes."""

    id = models.PositiveSmallIntegerField(primary_key=True)
    since = models.DateTimeField()
    until = models.DateTimeField()
    tries = models.PositiveIntegerField()
    why = models.TextField()

    objects = OutageQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="mail_outage_only_one")]

    def __str__(self) -> str:
        return self.line

    @property
    def line(self) -> str:
        return f"the mail server has taken nothing since {self.since:%Y-%m-%d %H:%M:%S} UTC"
