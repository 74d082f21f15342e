"""What a write would change: it is made in a transaction, its rows are read from the ledger, and all of it is rolled back."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.courses.models import Change, Course, Revision, Term
from apps.courses.models.sourced import Json


@dataclass(frozen=True, slots=True)
class Preview:
    """`changes` as the ledger would hold them, oldest first; `documents` are the terms and courses they touch, as readers would last have seen them."""

    changes: list[Change]
    documents: dict[UUID, Json]


def preview(write: Callable[[], Any]) -> Preview:
    """`write` is any number of catalogue writes. Other writers wait meanwhile, and what `write` raises goes on to the caller."""
    with transaction.atomic():
        before = Revision.objects.select_for_update().get().n
        write()
        changes = list(Change.objects.filter(change_set__gt=before).order_by("id"))
        documents = documents_of(changes)
        transaction.set_rollback(True)
    return Preview(changes, documents)


def documents_of(changes: list[Change]) -> dict[UUID, Json]:
    """The public documents of the terms and courses that these changes are about."""
    courses = Course.objects.filter(pk__in={change.course_id for change in changes}).only("document")
    terms = Term.objects.filter(pk__in={change.term_id for change in changes}).only("document")
    found = {owner.pk: owner.public() for owner in (*courses, *terms)}
    return {id: document for id, document in found.items() if document}
