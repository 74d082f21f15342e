"""Recording change sets: one revision, its rows in the ledger, one signal."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection

from apps.courses import cache
from apps.courses.models import Change, ChangeSet, HeldDeletions
from apps.courses.signals import change_set_recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a change set comes from: a delivery of a source, or a staff user."""

    source: str
    delivery: UUID | None = None
    user_id: UUID | None = None
    silenced: bool = False


@dataclass(slots=True)
class Outcome:
    """What became of a write. `revision` is None when nothing that is served changed; `ties` are equal guards, settled by digest.

    `held` are the deletions that wait for staff because of it.
    """

    revision: int | None = None
    counts: dict[str, int] = field(default_factory=dict)
    ties: list[str] = field(default_factory=list)
    held: HeldDeletions | None = None

    def count(self, what: str, number: int = 1) -> None:
        if number:
            self.counts[what] = self.counts.get(what, 0) + number

    def as_json(self) -> dict[str, Any]:
        return (
            self.counts
            | ({"ties": self.ties} if self.ties else {})
            | ({"deletions": self.held.as_json()} if self.held else {})
        )


class ChangeSetWriter:
    """One change set under way. Creating it is the first statement of the caller's transaction.

    The UPDATE of the one revision row keeps writers apart until the commit, so revisions increase in commit order.
    """

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.outcome = Outcome()
        self.changes: list[Change] = []
        self.revision = _add_to_revision(1)
        self.touched = False

    def finish(self) -> Outcome:
        """Write the ledger and announce it, or give the revision back when nothing that is served changed."""
        if not self.touched:
            _add_to_revision(-1)
            return self.outcome
        self.outcome.revision = self.revision
        change_set = ChangeSet.objects.create(
            revision=self.revision,
            source=self.origin.source,
            delivery=self.origin.delivery,
            user_id=self.origin.user_id,
            silenced=self.origin.silenced,
        )
        for change in self.changes:
            change.change_set = change_set
        Change.objects.bulk_create(self.changes)
        if self.changes:
            change_set_recorded.send(sender=ChangeSet, change_set=change_set)
        cache.forget_previous_on_commit(self.revision)
        return self.outcome


def _add_to_revision(step: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE courses_revision SET n = n + %s RETURNING n", [step])
        row: tuple[int] = cursor.fetchone()
    return row[0]
