import uuid

from django.conf import settings
from django.db import models

from apps.courses.models.course import Course
from apps.courses.models.term import Term


class Enrolment(models.Model):
    """A rule: this user follows a course, one group of a course, or a whole group of a term.

    With a group it concerns entries that name the group or name none; without, all entries of the course.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="enrolments", db_index=False
    )
    course = models.ForeignKey(Course, models.CASCADE, null=True, related_name="enrolments")
    term = models.ForeignKey(Term, models.CASCADE, null=True, related_name="enrolments")
    group = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(course__isnull=False, term__isnull=True)
                | (models.Q(course__isnull=True, term__isnull=False) & ~models.Q(group="")),
                name="courses_enrolment_course_or_group_of_term",
            ),
            models.UniqueConstraint(
                fields=["user", "course", "term", "group"],
                nulls_distinct=False,
                name="courses_enrolment_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} follows {self.course_id or self.term_id} {self.group}".strip()
