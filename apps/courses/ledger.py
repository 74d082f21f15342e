"""Recording change sets: for each one revision, its rows in the ledger, and one signal for all of a transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from apps.core.prepared import preparing_cursor
from apps.courses import cache, rows
from apps.courses.diff import NewChange
from apps.courses.models import ChangeSet, HeldDeletions
from apps.courses.signals import change_sets_recorded


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


class Ledger:
    """The change sets under way in the caller's transaction. Opening it is the transaction's first statement.

    The UPDATE of the one revision row keeps writers apart until the commit, so revisions increase in commit order.
    """

    def __init__(self, origins: Sequence[Origin]) -> None:
        self._before = _add_to_revision(len(origins)) - len(origins)
        self._used = 0
        self.writers = [ChangeSetWriter(self, origin) for origin in origins]

    def next_revision(self) -> int:
        self._used += 1
        return self._before + self._used

    def finish(self) -> list[Outcome]:
        """Write the ledger and announce it. Revisions of those that changed nothing that is served are given back."""
        if unused := len(self.writers) - self._used:
            _add_to_revision(-unused)
        if self._used:
            made = {
                writer: writer.row(revision)
                for writer in self.writers
                if (revision := writer.outcome.revision)
            }
            ChangeSet.objects.bulk_create(made.values())
            rows.write_changes([change for writer in made for change in writer.changes])
            if told := [row for writer, row in made.items() if writer.changes]:
                change_sets_recorded.send(sender=ChangeSet, change_sets=told)
            cache.forget_previous_on_commit(self._before + 1)
        return [writer.outcome for writer in self.writers]


class ChangeSetWriter:
    """One change set under way: its rows in the ledger, in order, and what becomes of it."""

    def __init__(self, ledger: Ledger, origin: Origin) -> None:
        self._ledger = ledger
        self.origin = origin
        self.outcome = Outcome()
        self.changes: list[NewChange] = []

    def record(self, changes: Iterable[NewChange]) -> int:
        """Something that is served changes; a mere touch has no rows. Returns the revision of the change set."""
        if self.outcome.revision is None:
            self.outcome.revision = self._ledger.next_revision()
        for change in changes:
            change.change_set_id = self.outcome.revision
            self.changes.append(change)
        return self.outcome.revision

    def finish(self) -> Outcome:
        """For a change set that is alone in its transaction."""
        [outcome] = self._ledger.finish()
        return outcome

    def row(self, revision: int) -> ChangeSet:
        return ChangeSet(
            revision=revision,
            source=self.origin.source,
            delivery=self.origin.delivery,
            user_id=self.origin.user_id,
            silenced=self.origin.silenced,
        )


def begin(origin: Origin) -> ChangeSetWriter:
    """The first statement of a transaction that makes one change set."""
    [writer] = Ledger([origin]).writers
    return writer


def _add_to_revision(step: int) -> int:
    with preparing_cursor() as cursor:
        cursor.execute("UPDATE courses_revision SET n = n + %s RETURNING n", [step])
        row: tuple[int] = cursor.fetchone()
    return row[0]
