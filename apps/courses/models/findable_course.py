from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from apps.courses.models.course import Course


class FindableCourse(models.Model):
    """A visible course as searches see it, in a row of an eighth of the length: all that a search finds are looked at to show fifty of them.

    PostgreSQL keeps it by triggers on Course (migration 0005), as it keeps generated columns: no writer can forget to, not even one of a
    former version. `names` is the first part of the search text.
    """

    course = models.OneToOneField(Course, models.CASCADE, primary_key=True, related_name="+")
    code = models.TextField()
    names = models.TextField()
    words = SearchVectorField()

    class Meta:
        indexes = [GinIndex(fields=["words"], name="courses_findablecourse_words")]

    def __str__(self) -> str:
        return self.code
