from collections import Counter

from django.db import connection, models

_ADD = """
    INSERT INTO mail_lettercount AS kept (outcome, number)
    SELECT * FROM unnest(%s::text[], %s::bigint[]) AS added(outcome, number) ORDER BY outcome
    ON CONFLICT (outcome) DO UPDATE SET number = kept.number + excluded.number
"""


class LetterCountQuerySet(models.QuerySet["LetterCount"]):
    def add(self, counts: Counter[str]) -> None:
        """Last in a transaction, since every other worker waits for these rows."""
        if counts:
            with connection.cursor() as cursor:
                cursor.execute(_ADD, [list(counts), list(counts.values())])


class LetterCount(models.Model):
    """How often a try to send a letter has ended so, ever: letters are pruned, and workers have no endpoint."""

    # What a try that settles nothing is counted as; the others are Letter.Status.
    RETRIED = "retried"

    outcome = models.CharField(max_length=16, primary_key=True)
    number = models.BigIntegerField()

    objects = LetterCountQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.number} {self.outcome}"
