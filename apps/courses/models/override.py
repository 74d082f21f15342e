from django.conf import settings
from django.db import models


class Override(models.Model):
    """A staff edit, kept beside the source's document: these fields of this object have these values.

    `owner` is the id of the term or course whose document holds the object; `object_id` is the term, course, entry or exam itself.
    """

    owner = models.UUIDField(db_index=True)
    object_id = models.UUIDField(unique=True)
    fields = models.JSONField(default=dict)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{', '.join(self.fields)} of {self.object_id}"
