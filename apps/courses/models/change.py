"""The change ledger: what changed, when it touches whom, and in which order."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models.functions import Now


class Revision(models.Model):
    """One row. Its UPDATE is the first statement of every catalogue write: it orders change sets by commit."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    n = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="courses_revision_one_row")]


class ChangeSet(models.Model):
    """All changes of one delivery or one staff save. `silenced` ones ring nobody.

    `token` tells this change set from another with its number, made after the database was restored from a backup.
    """

    revision = models.BigIntegerField(primary_key=True)
    source = models.CharField(max_length=64)
    delivery = models.UUIDField(null=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    silenced = models.BooleanField(default=False)
    token = models.UUIDField(db_default=RandomUUID())
    recorded_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"revision {self.revision}"


class Change(models.Model):
    """One field of one object. The empty field is the whole object (RFC 6901): old null when it came, new null when it left.

    `dates` are the days, in the term's zone, on which the timetable or an exam differs because of it.
    """

    class Kind(models.TextChoices):
        TERM = "term"
        COURSE = "course"
        ENTRY = "entry"
        EXAM = "exam"

    change_set = models.ForeignKey(ChangeSet, models.CASCADE, related_name="changes", db_column="revision")
    course = models.ForeignKey(
        "courses.Course", models.CASCADE, null=True, related_name="changes", db_index=False
    )
    term = models.ForeignKey("courses.Term", models.CASCADE, null=True, related_name="changes")
    kind = models.CharField(max_length=16, choices=Kind)
    object_id = models.UUIDField()
    field = models.CharField(max_length=64, blank=True)
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    dates = ArrayField(models.DateField(), default=list)

    class Meta:
        indexes = [
            models.Index(fields=["course", "-id"], name="courses_change_course"),
            models.Index(fields=["object_id", "field", "-id"], name="courses_change_object"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.field}"
