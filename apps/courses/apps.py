from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CoursesConfig(AppConfig):
    name = "apps.courses"

    def ready(self) -> None:
        post_migrate.connect(_ensure_revision, sender=self)


def _ensure_revision(using: str, **_: Any) -> None:
    """The one row of the revision, also after a test has emptied every table."""
    from apps.courses.models import Revision

    Revision.objects.using(using).get_or_create(pk=1)
