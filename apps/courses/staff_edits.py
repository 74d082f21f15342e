"""Staff edits: fields set over the source's document, written the way a delivery is. The caller opens the transaction.

The source's document and its guard stay as they are, so a newer delivery applies beneath the edit and shows once it is gone.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from apps.courses import sync
from apps.courses.course_writes import rewrite_courses
from apps.courses.layers import layers_of, owner_of
from apps.courses.ledger import ChangeSetWriter, Origin, Outcome, begin
from apps.courses.models import Course, Override, Term
from apps.users.models import User


class NothingToEdit(Exception):
    """The source describes no such object, or no longer."""


def set_override(
    *, object_id: UUID, fields: Mapping[str, object], author: User, expires_at: datetime | None = None
) -> Outcome:
    """Give fields of a term, course, entry or exam these values, until `expires_at` if that is given; fields set before stay set.

    Values are JSON as in the contract, None for absent. A field given the source's own value is no longer set, and an override
    without fields is dropped. Raises layers.Invalid and NothingToEdit; either must roll the transaction back.
    """
    owner, writer = _begin(object_id, author)
    layers = layers_of(owner, object_id)
    if layers is None:
        raise NothingToEdit
    kept = layers.with_fields(fields)
    if not kept:
        return _drop(Override.objects.filter(object_id=object_id), owner, writer)
    if layers.override and (kept, expires_at) == (layers.override.fields, layers.override.expires_at):
        return writer.finish()
    Override.objects.update_or_create(
        object_id=object_id,
        defaults={"owner": owner.pk, "fields": kept, "author": author, "expires_at": expires_at},
    )
    return _rewrite(owner, writer)


def clear_override(*, object_id: UUID, author: User) -> Outcome:
    """Serve what the source says again. Without an override it does nothing."""
    owner, writer = _begin(object_id, author)
    return _drop(Override.objects.filter(object_id=object_id), owner, writer)


def expire_override(*, object_id: UUID, now: datetime) -> Outcome:
    """The same once its time has come; one that staff have prolonged meanwhile stays."""
    owner, writer = _begin(object_id, None)
    return _drop(Override.objects.filter(object_id=object_id, expires_at__lte=now), owner, writer)


def _begin(object_id: UUID, author: User | None) -> tuple[Term | Course, ChangeSetWriter]:
    """What an object belongs to never changes, so that alone is read before the revision; the rest is read behind it."""
    owner = owner_of(object_id)
    if owner is None:
        raise NothingToEdit
    writer = begin(Origin(source=owner.source, user_id=author.pk if author else None))
    owner.refresh_from_db()
    return owner, writer


def _drop(overrides: QuerySet[Override], owner: Term | Course, writer: ChangeSetWriter) -> Outcome:
    deleted, _ = overrides.delete()
    return _rewrite(owner, writer) if deleted else writer.finish()


def _rewrite(owner: Term | Course, writer: ChangeSetWriter) -> Outcome:
    if isinstance(owner, Term):
        return sync.write_term(owner, writer)
    rewrite_courses([owner], writer)
    return writer.finish()
