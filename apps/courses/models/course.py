from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Func, Value

from apps.courses.models.sourced import Json, Sourced
from apps.courses.models.term import Term


def _texts() -> "ArrayField[list[str], list[str]]":
    return ArrayField(models.TextField(), default=list)


def _words_of(field: str) -> Func:
    """The words as they stand there: PostgreSQL's own parser takes some apart and reads others as addresses or numbers."""
    spaced = Func(field, Value("\n"), Value(" "), function="translate")
    words = Func(spaced, Value(" "), function="string_to_array")
    return Func(Func(words, Value(""), function="array_remove"), function="array_to_tsvector")


class CourseQuerySet(models.QuerySet["Course"]):
    def visible(self) -> "CourseQuerySet":
        return self.filter(visible=True)


class Course(Sourced):
    """A course with its effective values. `tombstone`: a delete won; `hidden`: left out by its term's newest snapshot.

    `listed_revision`: the change set that last altered where it stands in lists, or whether (see listing.py); 0 when nobody knows, as of
    one written by a version of ours that did not ask. Rows are never removed: the guard of a deleted course is what stops a late update from bringing it back.
    """

    term = models.ForeignKey(Term, models.PROTECT, null=True, related_name="courses")
    code = models.TextField()
    title = models.TextField()
    description = models.TextField(null=True)
    translations = models.JSONField(default=dict)
    credits = models.FloatField(null=True)
    department = models.TextField(null=True)
    level = models.TextField(null=True)
    year = models.IntegerField(null=True)
    language = models.TextField(null=True)
    teachers = _texts()
    url = models.TextField(null=True)
    groups = _texts()
    search_text = models.TextField()
    listed_revision = models.BigIntegerField(default=0, db_default=0)
    words = models.GeneratedField(
        expression=_words_of("search_text"),
        output_field=SearchVectorField(),
        db_persist=True,
    )
    tombstone = models.BooleanField(default=False)
    hidden = models.BooleanField(default=False)
    visible = models.GeneratedField(
        expression=models.ExpressionWrapper(models.Q(tombstone=False, hidden=False), models.BooleanField()),
        output_field=models.BooleanField(),
        db_persist=True,
    )

    objects = CourseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="courses_course_external_id")
        ]
        indexes = [
            models.Index(fields=["revision", "id"], name="courses_course_revision"),
            # In the words of CourseQuerySet.visible(): PostgreSQL does not see that tombstone and hidden say the same.
            models.Index(fields=["code", "id"], name="courses_course_code", condition=models.Q(visible=True)),
            GinIndex(fields=["groups"], name="courses_course_groups"),
            GinIndex(fields=["words"], name="courses_course_words"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    def served(self) -> Json | None:
        """The public document, or None when the course is not there for readers."""
        return None if self.tombstone or self.hidden else self.public()


class Entry(models.Model):
    """A weekly timetable entry. `weekday` is 1 (Monday) to 7; `weeks` are teaching weeks, null for all of them."""

    id = models.UUIDField(primary_key=True, editable=False)
    course = models.ForeignKey(Course, models.CASCADE, related_name="entries", db_index=False)
    external_id = models.CharField(max_length=64)
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=16)
    weekday = models.PositiveSmallIntegerField()
    starts_at = models.TimeField()
    ends_at = models.TimeField()
    rooms = _texts()
    teachers = _texts()
    groups = _texts()
    weeks = ArrayField(models.IntegerField(), null=True)
    valid_from = models.DateField(null=True)
    valid_until = models.DateField(null=True)
    online_url = models.TextField(null=True)
    exceptions = models.JSONField(default=list)

    class Meta:
        verbose_name_plural = "entries"
        constraints = [
            models.UniqueConstraint(fields=["course", "external_id"], name="courses_entry_external_id")
        ]

    def __str__(self) -> str:
        return f"{self.external_id} ({self.kind})"


class Exam(models.Model):
    """An exam with its sittings: `[{starts_at, ends_at, rooms, groups, ...}]`, RFC 3339 times as the source wrote them."""

    id = models.UUIDField(primary_key=True, editable=False)
    course = models.ForeignKey(Course, models.CASCADE, related_name="exams", db_index=False)
    external_id = models.CharField(max_length=64)
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=16)
    period = models.TextField(null=True)
    sittings = models.JSONField(default=list)
    note = models.TextField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["course", "external_id"], name="courses_exam_external_id")
        ]

    def __str__(self) -> str:
        return f"{self.external_id} ({self.kind})"
