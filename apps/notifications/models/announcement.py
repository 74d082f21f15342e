import uuid

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now

from apps.courses.models import Course, Term

_ID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_leads_into_the_app = RegexValidator(
    rf"\Acampanile://(courses/{_ID}(/entries/{_ID}(\?date=\d{{4}}-\d\d-\d\d)?)?|exams/{_ID})\Z",
    "Give the link of a course, an entry or an exam: campanile://courses/{id}, campanile://courses/{id}/entries/{id} or campanile://exams/{id}.",
)


class Announcement(models.Model):
    """A message that staff write, for an audience they name. Only a draft is edited; its texts are those of all its notifications.

    `texts` is `{language: {"title", "body"}}`, with at least one language. `deep_link` is where a tap leads, empty for the message
    itself. What the audience needs besides its name is in `course`, `term`, `group`, `role` and `department`, the others are empty.
    `people` and `phones` are how many it went to, counted when its rows were made. Making them may fail: `error` tells how the last of the
    `attempts` did.
    """

    class State(models.TextChoices):
        DRAFT = "draft"
        SCHEDULED = "scheduled"
        SENDING = "sending"
        SENT = "sent"
        CANCELLED = "cancelled"

    class Audience(models.TextChoices):
        EVERYONE = "everyone", "everyone"
        COURSE = "course", "all who follow a course"
        COURSE_GROUP = "course-group", "a group of a course"
        TERM_GROUP = "term-group", "a group of a term"
        ROLE = "role", "a role"
        DEPARTMENT = "department", "a department"

    class Role(models.TextChoices):
        STUDENTS = "students", "students: all who may not enter the admin"
        STAFF = "staff", "staff: all who may enter the admin"
        ADMINISTRATORS = "administrators", "administrators: all who may do everything there"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    texts = models.JSONField()
    deep_link = models.CharField(
        max_length=200,
        blank=True,
        validators=[_leads_into_the_app],
        help_text="A place in the app, such as campanile://courses/{id} or campanile://exams/{id}. Empty: the message itself.",
    )
    audience = models.CharField(max_length=16, choices=Audience, default=Audience.EVERYONE)
    course = models.ForeignKey(
        Course,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        limit_choices_to={"visible": True},
    )
    term = models.ForeignKey(Term, models.PROTECT, null=True, blank=True, related_name="+")
    group = models.CharField(max_length=64, blank=True)
    role = models.CharField(max_length=16, choices=Role, blank=True)
    department = models.TextField(blank=True)
    state = models.CharField(max_length=16, choices=State, default=State.DRAFT)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    written_at = models.DateTimeField(db_default=Now())
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    send_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    cancelled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    cancelled_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    next_try_at = models.DateTimeField(null=True, editable=False)
    error = models.TextField(blank=True, editable=False)
    people = models.PositiveIntegerField(default=0)
    phones = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(
                fields=["send_at"],
                name="notifications_announcement_due",
                condition=models.Q(state="scheduled"),
            )
        ]

    class Changed(Exception):
        """It is no longer in the state, or no longer says, what the one who acts has seen."""

    def __str__(self) -> str:
        titles = [text["title"] for text in self.texts.values()]
        return titles[0] if titles else "announcement"

    @property
    def withdrawn(self) -> bool:
        return self.state == self.State.CANCELLED

    @property
    def link(self) -> str:
        """Where a tap leads; may name the notification as {notification}."""
        return self.deep_link or "campanile://notifications/{notification}"
