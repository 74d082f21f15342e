import uuid

from django.db import models
from django.db.models.functions import Now

from apps.users.models.user import User


class Invitation(models.Model):
    """A list of people that staff have invited: `people` of them got an account, and a letter with which to choose a password."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    invited_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    invited_at = models.DateTimeField(db_default=Now())
    people = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.people:,} people, {self.invited_at:%Y-%m-%d %H:%M}"

    @property
    def letter_keys(self) -> str:
        """What the keys of its letters begin with."""
        return f"invitation:{self.pk}:"
