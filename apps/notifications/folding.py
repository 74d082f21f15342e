"""Change sets that wait to be told are folded: what counts is the value last told and the value now."""

import dataclasses
import itertools
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef

from apps.courses.diff import NewChange, TermDays, course_changes
from apps.courses.models import Change
from apps.notifications.models import Folded
from apps.notifications.net_change import NetChange
from apps.notifications.subjects import UNREAD

# Names of an object, and what is no news.
_NO_NEWS = {"id", "external_id", "updated_at"}


@dataclasses.dataclass(frozen=True, slots=True)
class Fold:
    """`told` are the ledger rows that `changes` speak for, also those of other change sets."""

    changes: list[NetChange]
    told: list[Change]


def fold(revisions: Sequence[int]) -> dict[int, Fold]:
    """What each change set still has to tell about the objects it touched, with everything else that waits on the same objects.

    No two of them touch the same.
    """
    waiting = Change.objects.filter(
        ~Exists(Folded.objects.filter(change=OuterRef("pk"))),
        change_set__fan_out__expanded_at=None,
        change_set__fan_out__dead_at=None,
        change_set__fan_out__isnull=False,
    )
    objects = waiting.filter(change_set__in=revisions).values("object_id")
    told: set[int] = set()
    since: dict[UUID, int] = {}
    of: dict[UUID, int] = {}
    for id, object_id, revision in waiting.filter(object_id__in=objects).values_list(
        "id", "object_id", "change_set"
    ):
        told.add(id)
        since[object_id] = min(id, since.get(object_id, id))
        if revision in revisions:
            of[object_id] = revision
    rows = (
        Change.objects.filter(object_id__in=list(since))
        .select_related("course__term")
        .defer(*(f"course__{name}" for name in UNREAD))
        .order_by("object_id", "id")
    )
    folds = {revision: Fold([], []) for revision in revisions}
    for object_id, group in itertools.groupby(rows, key=lambda change: change.object_id):
        ledger = [change for change in group if change.pk >= since[object_id]]
        folded = folds[of[object_id]]
        folded.changes.extend(_net(ledger, told))
        folded.told.extend(change for change in ledger if change.pk in told)
    return folds


def _net(ledger: list[Change], told: set[int]) -> Iterable[NetChange]:
    """`ledger`: every row of one object since the first that waits. Rows nobody is told about count for the value now."""
    dates = tuple(sorted({day for change in ledger if change.pk in told for day in change.dates}))
    if any(change.field == "" for change in ledger):
        return _net_of_documents(ledger, dates)
    return _net_of_fields(ledger, told)


def _net_of_fields(ledger: list[Change], told: set[int]) -> Iterable[NetChange]:
    by_field: dict[str, list[Change]] = {}
    for change in ledger:
        by_field.setdefault(change.field, []).append(change)
    for rows in by_field.values():
        waiting = [change for change in rows if change.pk in told]
        if waiting and waiting[0].old != rows[-1].new:
            days = tuple(sorted({day for change in waiting for day in change.dates}))
            yield _change(rows[0], rows[0].field, waiting[0].old, rows[-1].new, days)


def _net_of_documents(ledger: list[Change], dates: tuple[Any, ...]) -> Iterable[NetChange]:
    """The object came or went, perhaps with edits before and after: compare what was first with what is now."""
    first = next(change for change in ledger if change.field == "")
    before = _patched(first.old, {c.field: c.old for c in reversed(ledger) if c.pk < first.pk})
    last = next(change for change in reversed(ledger) if change.field == "")
    after = _patched(last.new, {c.field: c.new for c in ledger if c.pk > last.pk})
    if before is None and after is None:
        return
    if before is None or after is None:
        yield _change(last, "", before, after, dates)
        return
    if last.kind == Change.Kind.COURSE:
        yield from _between(last, before, after)
        return
    for field in sorted((before.keys() | after.keys()) - _NO_NEWS):
        if before.get(field) != after.get(field):
            yield _change(last, field, before.get(field), after.get(field), dates)


def _between(row: Change, before: dict[str, Any], after: dict[str, Any]) -> Iterable[NetChange]:
    """A course came back. While it was away its entries and exams had no rows of their own, so they are compared too."""
    assert row.course
    days = TermDays.of(row.course.term.public() if row.course.term else None)
    for change in course_changes(id=row.object_id, old=before, new=after, before=days, after=days):
        yield _change(change, change.field, change.old, change.new, tuple(change.dates))


def _patched(document: dict[str, Any] | None, fields: dict[str, Any]) -> dict[str, Any] | None:
    return None if document is None else {**document, **fields}


def _change(row: Change | NewChange, field: str, old: Any, new: Any, dates: tuple[Any, ...]) -> NetChange:
    return NetChange(
        object=row.kind,
        id=row.object_id,
        field=field,
        old=old,
        new=new,
        dates=dates,
        course=row.course_id,
        term=row.term_id,
    )
